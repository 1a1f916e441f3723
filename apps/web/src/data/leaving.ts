import { type TodoClient, TodoError } from '@todo/client';
import { useSyncExternalStore } from 'react';

const KEY = 'todo leaving';
const RETRY_MS = 3_000;
const listeners = new Set<() => void>();

const set = (isLeaving: boolean) => {
  if (isLeaving) localStorage.setItem(KEY, 'true');
  else localStorage.removeItem(KEY);
  for (const listener of listeners) listener();
};

/** Whether somebody has signed out here, and the server does not know it yet. Until then the browser keeps the cookie of the session. */
export const isLeaving = (): boolean => localStorage.getItem(KEY) !== null;

/** Somebody has signed in, so the former cookie is gone. */
export const arrive = (): void => set(false);

/** Signs out as soon as the server can be reached. A page that opens before goes on with it, and shows nobody's data. */
export async function leave({ signOut }: Pick<TodoClient, 'signOut'>, retryMs = RETRY_MS): Promise<void> {
  set(true);
  while (isLeaving()) {
    const error: unknown = await signOut().then(
      () => null,
      (thrown: unknown) => thrown,
    );
    if (error instanceof TodoError && !['UNAUTHENTICATED', 'USER_CHANGED'].includes(error.reason)) {
      const { retryAfterSeconds = 0 } = error;
      await new Promise((resolve) => setTimeout(resolve, Math.max(retryMs, retryAfterSeconds * 1000)));
      continue;
    }
    set(false);
    if (error !== null && !(error instanceof TodoError)) throw error;
  }
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  addEventListener('storage', listener);
  return () => {
    listeners.delete(listener);
    removeEventListener('storage', listener);
  };
};

export const useLeaving = (): boolean => useSyncExternalStore(subscribe, isLeaving);
