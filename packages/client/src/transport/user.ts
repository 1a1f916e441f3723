import { reasons } from '@todo/contract';
import { TodoError } from './error.ts';
import type { Tabs } from './tabs.ts';

/** Receives the id of the user who is signed in now, or null. */
export type UserListener = (userId: string | null) => void;

export const notSignedIn = () => new TodoError('UNAUTHENTICATED', reasons.UNAUTHENTICATED.message);
export const userChanged = () => new TodoError('USER_CHANGED', reasons.USER_CHANGED.message);

/** Whom a client acts for, and who is signed in as far as it knows. They differ after another tab has signed somebody in or out. */
export interface ActingUser {
  /** Whom the application was last given: calls are made for this user alone. Null for nobody; undefined before the first call. */
  readonly id: string | null | undefined;
  /** Whom the application has signed out since it last had a user: null for nobody, undefined for somebody whom it never knew. */
  readonly left: string | null | undefined;
  /** The application is given this user. With `isChange` it has signed somebody in or out, which other tabs need to know. */
  set(id: string | null, isChange: boolean): void;
  /** The application has given up its user, and the one who is signed in is another. */
  leave(): void;
  /** Another user is signed in than the client acts for, or nobody. Only listeners learn of it. */
  notice(id: string | null): void;
  /** Calls the listener when another user is signed in, by whomever. `check` then finds out who is, when another tab says so. */
  subscribe(listener: UserListener, check: () => void): () => void;
}

export function createActingUser(tabs: Tabs): ActingUser {
  const listeners = new Set<UserListener>();
  let acting: string | null | undefined;
  let known: string | null | undefined;
  let left: string | null | undefined = null;

  const notice = (id: string | null) => {
    if (id === known) return;
    known = id;
    for (const listener of listeners) listener(id);
  };
  return {
    get id() {
      return acting;
    },
    get left() {
      return left;
    },
    set: (id, isChange) => {
      if (id !== null) left = null;
      else if (isChange && acting !== null) left = acting;
      acting = id;
      notice(id);
      if (isChange) tabs.announce();
    },
    leave: () => {
      if (acting !== null) left = acting;
      acting = null;
    },
    notice,
    subscribe: (listener, check) => {
      const own: UserListener = (id) => listener(id);
      listeners.add(own);
      const stop = tabs.listen(check);
      return () => {
        listeners.delete(own);
        stop();
      };
    },
  };
}
