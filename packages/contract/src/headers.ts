/** Names the user for whom the client acts. The server compares it with the authenticated user and never takes it as the owner. */
export const USER_HEADER = 'x-todo-user';
