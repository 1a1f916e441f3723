import type { List, Task } from '@todo/contract';
import { useMemo, useSyncExternalStore } from 'react';
import { type ListFilter, listLists } from '../queries/list-lists.ts';
import { listTasks, type TaskFilter } from '../queries/list-tasks.ts';
import type { Pending, Replica } from '../replica.ts';
import { useProvided } from './provider.ts';

type Readable = Pick<Replica, 'tasks' | 'lists' | 'state' | 'error' | 'pending' | 'userId'>;

/** What a server renders, and the browser at first: a replica that has not loaded. */
const unloaded: Readable = { userId: null, state: 'loading', error: null, pending: [], tasks: () => new Map(), lists: () => new Map() };

/** A value that is read whenever the replica changes. It must be the same object until it is another. */
function useReplica<Value>(read: (replica: Readable) => Value): Value {
  const { replica } = useProvided();
  return useSyncExternalStore(
    replica.subscribe,
    () => read(replica),
    () => read(unloaded),
  );
}

/** A function of rows that runs again when these are others, and returns the last array while that has the same items. */
function createQuery<Rows, Item>(find: (rows: Rows) => Item[], isSame: (a: Item, b: Item | undefined) => boolean = Object.is): (rows: Rows) => readonly Item[] {
  let [last, rows]: [readonly Item[], Rows | undefined] = [[], undefined];
  return (next) => {
    if (next === rows) return last;
    rows = next;
    const items = find(next);
    if (items.length !== last.length || items.some((item, i) => !isSame(item, last[i]))) last = items;
    return last;
  };
}

/** A query that is made again when the filter says something else: it may be a new object at each rendering. */
function useQuery<Filter, Row>(list: (rows: Iterable<Row>, filter: Filter) => Row[], filter: Filter): (rows: ReadonlyMap<string, Row>) => readonly Row[] {
  const key = JSON.stringify(filter);
  return useMemo(() => {
    const kept: Filter = JSON.parse(key);
    return createQuery((rows: ReadonlyMap<string, Row>) => list(rows.values(), kept));
  }, [list, key]);
}

/** The tasks that meet a filter, as tasks.list returns them, with the changes that wait. The same array until one of them changes. */
export function useTasks(filter: TaskFilter = {}): readonly Task[] {
  const query = useQuery(listTasks, filter);
  return useReplica((replica) => query(replica.tasks()));
}

/** The lists in their order, with the changes that wait. The same array until one of them changes. */
export function useLists(filter: ListFilter = {}): readonly List[] {
  const query = useQuery(listLists, filter);
  return useReplica((replica) => query(replica.lists()));
}

export interface Todo extends Pick<Replica, 'mutate' | 'state' | 'error' | 'pending'> {
  replica: Replica;
}

/** The replica's mutations, and what it says of itself. */
export function useTodo(): Todo {
  const { replica } = useProvided();
  const { mutate } = replica;
  const state = useReplica((read) => read.state);
  const error = useReplica((read) => read.error);
  const query = useMemo(
    () =>
      createQuery(
        (all: readonly Pending[]) => [...all],
        (a, b) => a.mutationId === b?.mutationId && a.input === b.input,
      ),
    [],
  );
  const pending = useReplica((read) => query(read.pending));
  return useMemo(() => ({ replica, mutate, state, error, pending }), [replica, mutate, state, error, pending]);
}
