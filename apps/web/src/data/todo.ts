import type { List, Task, TodoClient } from '@todo/client';
import { useTodo } from '@todo/client/react';
import type { Replica } from '@todo/client/replica';
import { createContext, use, useSyncExternalStore } from 'react';
import type { Actions } from './actions.ts';

/** What every part of the page uses, for the user who is signed in. */
export interface Page {
  client: TodoClient;
  actions: Actions;
}

export const PageContext = createContext<Page | null>(null);

export function usePage(): Page {
  const page = use(PageContext);
  if (!page) throw new Error('This part of the page is shown to signed-in people only.');
  return page;
}

export const useActions = (): Actions => usePage().actions;

/** A value of the replica that is the same object until it changes. */
function useReplica<Value>(read: (replica: Replica) => Value): Value {
  const { replica } = useTodo();
  return useSyncExternalStore(replica.subscribe, () => read(replica));
}

export const useTasks = (): ReadonlyMap<string, Task> => useReplica((replica) => replica.tasks());
export const useLists = (): ReadonlyMap<string, List> => useReplica((replica) => replica.lists());
export const useTask = (id: string): Task | undefined => useReplica((replica) => replica.tasks().get(id));

const onNetwork = (listener: () => void) => {
  for (const name of ['online', 'offline']) addEventListener(name, listener);
  return () => {
    for (const name of ['online', 'offline']) removeEventListener(name, listener);
  };
};

/** Whether the page is in step with the server. The browser knows at once that there is no network, a silent stream tells it later. */
export function useSyncState() {
  const { state, error, pending } = useTodo();
  const isOnline = useSyncExternalStore(onNetwork, () => navigator.onLine);
  return { state: state === 'live' && !isOnline ? 'offline' : state, error, waiting: pending.length };
}
