import { createContext, createElement, type ReactNode, useContext, useMemo, useSyncExternalStore } from 'react';
import type { Account } from '../index.ts';
import type { Replica } from '../replica.ts';
import { createSessionStore, type Session, type SessionStore } from './session.ts';

interface Provided {
  replica: Replica;
  session: SessionStore;
}

const TodoContext = createContext<Provided | null>(null);

export interface TodoProviderProps {
  client: Pick<Account, 'signIn' | 'signUp' | 'signOut' | 'currentUser'>;
  /** A replica of this client. */
  replica: Replica;
  children?: ReactNode;
}

/** Gives the client and its replica to the hooks below it. */
export function TodoProvider({ client, replica, children }: TodoProviderProps): ReactNode {
  const value = useMemo(() => ({ replica, session: createSessionStore(client, replica) }), [client, replica]);
  return createElement(TodoContext.Provider, { value }, children);
}

export function useProvided(): Provided {
  const provided = useContext(TodoContext);
  if (!provided) throw new Error('Use the hooks of @todo/client/react below a TodoProvider.');
  return provided;
}

/** Who is signed in, and signing in, up and out. */
export function useSession(): Session {
  const { session } = useProvided();
  return useSyncExternalStore(session.subscribe, session.read, session.read);
}
