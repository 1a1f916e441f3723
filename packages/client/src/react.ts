export type { ListFilter } from './queries/list-lists.ts';
export type { TaskFilter } from './queries/list-tasks.ts';
export { type Todo, useLists, useTasks, useTodo } from './react/hooks.ts';
export { TodoProvider, type TodoProviderProps, useSession } from './react/provider.ts';
export type { Session } from './react/session.ts';
