import { refusal, unreachable } from './error.ts';
import type { Answer } from './request.ts';
import type { Session } from './session.ts';

export interface User {
  id: string;
  name: string;
  email: string;
}

export interface Account {
  /** Creates an account and signs in. Fails with EMAIL_TAKEN, or INVALID_INPUT for a password of less than 8 characters. */
  signUp(input: { name: string; email: string; password: string }): Promise<User>;
  /** Fails with CREDENTIALS_WRONG. */
  signIn(input: { email: string; password: string }): Promise<User>;
  /** The signed-in user, or null. Calling this extends the session, which otherwise expires after 30 days. */
  currentUser(): Promise<User | null>;
  /** Ends the session on the server. The stored token is cleared even if the request fails. */
  signOut(): Promise<void>;
  /** Permanently deletes the account with all its tasks. Fails with CREDENTIALS_WRONG. */
  deleteAccount(input: { password: string }): Promise<void>;
}

function userIn({ status, content }: Answer): User {
  if (!content?.user) throw unreachable({ status });
  const { id, name, email } = content.user;
  return { id, name, email };
}

export function createAccount(authUrl: string, session: Session): Account {
  const ask = async (path: string, init: RequestInit = {}): Promise<Answer> => {
    const answer = await session.ask(`${authUrl}/${path}`, init);
    if (!answer.ok) throw refusal(answer);
    return answer;
  };
  const post = (path: string, body: object) => ask(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

  const authenticate = async (path: string, body: object): Promise<User> => {
    const answer = await post(path, body);
    const user = userIn(answer);
    await session.begin(answer);
    return user;
  };

  return {
    signUp: ({ name, email, password }) => authenticate('sign-up/email', { name, email, password }),
    signIn: ({ email, password }) => authenticate('sign-in/email', { email, password }),
    currentUser: async () => {
      const answer = await ask('get-session');
      return answer.content === null ? null : userIn(answer);
    },
    signOut: async () => {
      await post('sign-out', {}).finally(() => session.end());
    },
    deleteAccount: async ({ password }) => {
      await post('delete-user', { password });
      await session.end();
    },
  };
}
