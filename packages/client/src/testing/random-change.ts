import type { QueuedChange, Replica } from '../replica.ts';

/** Makes a change whose effect can be recognized by the marker, where it writes a text. */
export interface RandomChange extends QueuedChange {
  userId: string;
  path: string;
}

type Make = (mutate: Replica['mutate'], marker: string) => QueuedChange;

const below = (end: number) => Math.floor(Math.random() * end);
const pick = <Item>(items: readonly Item[]): Item | undefined => items[below(items.length)];

/** One of these by its weight. */
function weighted<Item>(items: readonly { weight: number; item: Item }[]): Item | undefined {
  return pick(items.flatMap(({ weight, item }) => Array.from({ length: weight }, () => item)));
}

/** Makes one random change of what a replica shows; undefined while nobody is signed in. */
export function changeAtRandom(replica: Replica, marker: string): RandomChange | undefined {
  const { userId } = replica;
  if (userId === null) return undefined;
  const [taskIds, listIds] = [[...replica.tasks().keys()], [...replica.lists().keys()]];
  const [id = '', other = '', ...more] = Array.from({ length: 5 }, () => pick(taskIds) ?? '');
  const listId = pick(listIds) ?? null;
  const place = pick<{ listId: string | null } | { before: string } | { after: string } | { parentId: string | null }>([
    { listId },
    { before: other },
    { after: other },
    { parentId: pick([null, other]) ?? null },
  ]) ?? { listId };
  const ids = [...new Set([id, other, ...more])];
  const ofTasks: { weight: number; item: [string, Make] }[] = [
    { weight: 14, item: ['tasks.edit', ({ tasks }, title) => tasks.edit({ id, title })] },
    { weight: 10, item: ['tasks.edit', ({ tasks }, description) => tasks.edit({ id, description })] },
    { weight: 3, item: ['tasks.edit', ({ tasks }, label) => tasks.edit({ id, addLabels: [label.slice(0, 50)] })] },
    { weight: 8, item: ['tasks.complete', ({ tasks }) => tasks.complete({ id })] },
    { weight: 4, item: ['tasks.reopen', ({ tasks }) => tasks.reopen({ id })] },
    { weight: 16, item: ['tasks.move', ({ tasks }) => tasks.move({ id, ...place })] },
    { weight: 4, item: ['tasks.remove', ({ tasks }) => tasks.remove({ id })] },
    { weight: 1, item: ['tasks.moveMany', ({ tasks }) => tasks.moveMany({ ids, listId })] },
    { weight: 1, item: ['tasks.completeMany', ({ tasks }) => tasks.completeMany({ ids })] },
  ];
  const ofLists: { weight: number; item: [string, Make] }[] =
    listId === null
      ? []
      : [
          { weight: 2, item: ['lists.edit', ({ lists }, name) => lists.edit({ id: listId, name })] },
          { weight: 2, item: ['lists.move', ({ lists }) => lists.move({ id: listId })] },
          { weight: 1, item: ['lists.archive', ({ lists }) => lists.archive({ id: listId })] },
          { weight: 1, item: ['lists.unarchive', ({ lists }) => lists.unarchive({ id: listId })] },
          { weight: 1, item: ['lists.remove', ({ lists }) => lists.remove({ id: listId, tasks: pick(['inbox', 'remove'] as const) ?? 'inbox' })] },
        ];
  const [path, make] = weighted<[string, Make]>([
    { weight: 24, item: ['tasks.create', ({ tasks }, title) => tasks.create({ title, listId })] },
    { weight: 4, item: ['tasks.create', ({ tasks }, title) => tasks.create({ title, parentId: id === '' ? null : id })] },
    { weight: 1, item: ['tasks.createMany', ({ tasks }, title) => tasks.createMany({ tasks: [{ title }, { title: 'Beside it' }] })] },
    { weight: 3, item: ['lists.create', ({ lists }, name) => lists.create({ name })] },
    ...(id === '' ? [] : ofTasks),
    ...ofLists,
  ]) ?? ['', undefined];
  return make && { userId, path, ...make(replica.mutate, marker) };
}
