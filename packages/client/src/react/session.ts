import type { Account, User } from '../index.ts';
import type { Replica } from '../replica.ts';

type Accounts = Pick<Account, 'signIn' | 'signUp' | 'signOut' | 'currentUser'>;

export interface Session extends Pick<Account, 'signIn' | 'signUp' | 'signOut'> {
  /** 'loading' until it is known who is signed in. */
  state: 'loading' | 'signed-in' | 'signed-out';
  /** Null unless somebody is signed in. */
  userId: string | null;
  /** Name and e-mail address; null until the server has said them. */
  user: User | null;
}

export interface SessionStore {
  subscribe(listener: () => void): () => void;
  /** The same object until something changes. */
  read(): Session;
}

/** Who is signed in, as the replica shows it. Asks for the name of a user who has not signed in here, as soon as the server can be reached. */
export function createSessionStore(account: Accounts, replica: Replica): SessionStore {
  const listeners = new Set<() => void>();
  let user: User | null = null;
  let asked: string | null = null;
  let session: Session | undefined;

  const keep = (found: User | null) => {
    user = found;
    for (const listener of listeners) listener();
  };
  const ask = () => {
    const { userId } = replica;
    if (replica.state !== 'live' || user?.id === userId || asked === userId) return;
    asked = userId;
    account
      .currentUser()
      .then(keep, () => {})
      .finally(() => {
        asked = null;
      });
  };
  const acts: Pick<Session, 'signIn' | 'signUp' | 'signOut'> = {
    signIn: async (input, options) => {
      const found = await account.signIn(input, options);
      keep(found);
      return found;
    },
    signUp: async (input, options) => {
      const found = await account.signUp(input, options);
      keep(found);
      return found;
    },
    signOut: (options) => account.signOut(options),
  };
  return {
    subscribe: (listener) => {
      const own = () => listener();
      listeners.add(own);
      const stop = replica.subscribe(() => {
        ask();
        own();
      });
      ask();
      return () => {
        listeners.delete(own);
        stop();
      };
    },
    read: () => {
      const { userId } = replica;
      const state = userId !== null ? 'signed-in' : replica.state === 'signed-out' ? 'signed-out' : 'loading';
      const shown = user !== null && user.id === userId ? user : null;
      if (session?.userId !== userId || session.state !== state || session.user !== shown) session = { ...acts, state, userId, user: shown };
      return session;
    },
  };
}
