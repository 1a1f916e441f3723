import { createCollection } from '@tanstack/db';
import { expect } from 'vitest';
import type { Notice, Replica } from '../replica.ts';
import { todoCollectionOptions } from '../tanstack-db.ts';
import { everyList, everything, replicaOf, type Scene } from './replica.ts';

const byId = <Row extends { id: string }>(rows: Iterable<Row>) => [...rows].sort((a, b) => a.id.localeCompare(b.id));

/** The collections of a replica, and what it has said. */
export function collectionsOf(replica: Replica) {
  const notices: Notice[] = [];
  replica.onNotice((notice) => notices.push(notice));
  return { tasks: createCollection(todoCollectionOptions(replica, 'tasks')), lists: createCollection(todoCollectionOptions(replica, 'lists')), notices };
}

/** A user with two clients, and collections of the first one's replica. */
export async function openCollections({ twoClients }: Scene) {
  const { here, there } = await twoClients();
  const { replica } = replicaOf(here);
  const { tasks, lists, notices } = collectionsOf(replica);
  await Promise.all([tasks.preload(), lists.preload()]);
  /** Rows without what TanStack DB adds to them. */
  const plainRows = (rows: Iterable<object>) => JSON.parse(JSON.stringify([...rows], (key, value) => (key.startsWith('$') ? undefined : value)));
  const untilSettled = async () => {
    await expect.poll(() => replica.pending.length).toBe(0);
    const stored = [await everything(there), byId(await everyList(there))];
    await expect.poll(() => [byId(plainRows(tasks.values())), byId(plainRows(lists.values()))]).toEqual(stored);
  };
  return { here, there, replica, tasks, lists, notices, untilSettled };
}
