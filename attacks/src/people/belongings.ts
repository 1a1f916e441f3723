import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Send } from '../http/send.ts';
import type { Handles } from '../inputs/values.ts';
import { type Account, bearer, callAs } from './account.ts';

const changed = z.object({ id: z.string() });
const many = z.object({ tasks: z.array(changed) });
const page = z.object({ nextCursor: z.string().nullable() });
const changesPage = z.object({ cursor: z.string(), seq: z.int() });
const sessions = z.object({ sessions: z.array(z.object({ id: z.string() })) });

/**
 * Gives a person lists, tasks, labels, a log and idempotency keys, with `word` in every text. The handles are what an attacker may know of it: ids, keys, cursors,
 * positions. As many tasks and lists again are in nobody's hands.
 */
export async function furnish(send: Send, person: Account, word: string, size: number): Promise<Handles> {
  const call = <Read extends z.ZodType>(path: string, input: object, result: Read) => callAs(send, person.signed, path, input, result);
  const text = (kind: string) => `${kind} ${word} ${randomUUID()}`;
  const task = () => ({
    title: text('Title'),
    description: text('Description'),
    labels: [`L ${word}`],
    dueDate: '2026-02-01',
    recurrence: 'FREQ=WEEKLY;BYDAY=MO',
  });
  const ids: string[] = [];
  const groupId = randomUUID();
  const made = async (known: boolean) => {
    const keys = { mutationId: randomUUID(), groupId };
    const list = await call('lists.create', { name: text('List'), ...keys }, changed);
    const parent = await call('tasks.create', { ...task(), listId: list.id, mutationId: randomUUID(), groupId }, changed);
    const { tasks } = await call(
      'tasks.createMany',
      { tasks: [{ ...task(), listId: list.id, parentId: parent.id }, task(), task()], mutationId: randomUUID() },
      many,
    );
    const [, edited, removed] = tasks;
    const key = randomUUID();
    await call('tasks.edit', { id: edited?.id, title: text('Edited'), mutationId: key, groupId }, changed);
    await call('tasks.complete', { id: parent.id }, changed);
    await call('tasks.remove', { id: removed?.id }, changed);
    if (known) ids.push(list.id, parent.id, ...tasks.map(({ id }) => id), keys.mutationId, key);
  };
  for (let i = 0; i < size; i += 1) {
    await made(true);
    await made(false);
  }
  const pages = [
    await call('tasks.list', { limit: 1 }, page),
    await call('tasks.list', { limit: 1, sort: 'title', completed: false }, page),
    await call('lists.list', { limit: 1 }, page),
    await call('labels.list', { limit: 1 }, page),
    await call('history.list', { limit: 1 }, page),
    await call('tasks.removed', { limit: 1 }, page),
  ];
  const changes = [await call('sync.changes', { limit: 1 }, changesPage), await call('sync.changes', { limit: 500 }, changesPage)];
  const listed = await send({ method: 'GET', path: '/api/auth/list-sessions', headers: bearer(person.signed) });
  const own = sessions.parse(JSON.parse(listed.body)).sessions.map(({ id }) => id);
  return {
    ids: [...ids, groupId, person.userId, ...own],
    cursors: [...pages.map(({ nextCursor }) => nextCursor), ...changes.map(({ cursor }) => cursor)].filter((cursor) => cursor !== null),
    seqs: changes.map(({ seq }) => seq),
    emails: [person.email],
    words: [],
    logins: [],
  };
}
