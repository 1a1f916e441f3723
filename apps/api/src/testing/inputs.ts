import { randomUUID } from 'node:crypto';
import { inspect } from '@todo/db/testing';
import { expect } from 'vitest';
import { z } from 'zod';
import type { Person, TestApi } from './api.ts';
import { call } from './procedures.ts';

const refusal = z.object({ error: z.object({ data: z.object({ reason: z.literal('INVALID_INPUT'), fields: z.unknown() }) }) });

/** All lists and tasks. */
export const storedEntities = ({ database }: TestApi) =>
  inspect(database.superuserUrl, 'select to_jsonb(task) as row from tasks task union all select to_jsonb(list) from lists list order by 1');

/** Sends invalid inputs, expects that each fails and nothing is stored, and returns the invalid fields of each. */
export async function fieldsRefused(api: TestApi, person: Person, path: string, inputs: unknown[]): Promise<string[][]> {
  const before = await storedEntities(api);
  const fields: string[][] = [];
  for (const input of inputs) {
    const response = await call(api, path, input, person.headers.jwt);
    const body: unknown = await response.json();
    expect([response.status, body], JSON.stringify(input)).toEqual([400, expect.anything()]);
    fields.push(Object.keys(Object(refusal.parse(body).error.data.fields)));
  }
  expect(await storedEntities(api)).toEqual(before);
  return fields;
}

/** An input that each procedure accepts. */
export const valid: Record<string, (id: string) => Record<string, unknown>> = {
  'history.rewind': () => ({ to: 1 }),
  'history.undo': () => ({ of: { mutationId: randomUUID() } }),
  'labels.list': () => ({}),
  'labels.rename': () => ({ from: 'Work', to: 'Home' }),
  'labels.remove': () => ({ name: 'Work' }),
  'tasks.createMany': () => ({ tasks: [{ title: 'Smuggled' }] }),
  'tasks.import': () => ({ tasks: [{ id: randomUUID(), title: 'Smuggled' }] }),
  'tasks.editMany': (id) => ({ ids: [id], title: 'New' }),
  'tasks.completeMany': (id) => ({ ids: [id] }),
  'tasks.move': (id) => ({ id, parentId: null }),
  'tasks.moveMany': (id) => ({ ids: [id] }),
  'tasks.removeMany': (id) => ({ ids: [id] }),
  'tasks.removed': () => ({}),
  'tasks.restore': (id) => ({ id }),
  'history.list': () => ({}),
  'sync.changes': () => ({}),
  'sync.watch': () => ({}),
  'tasks.create': () => ({ title: 'Smuggled' }),
  'tasks.get': (id) => ({ id }),
  'tasks.list': () => ({}),
  'tasks.counts': () => ({}),
  'tasks.edit': (id) => ({ id, title: 'Smuggled' }),
  'tasks.complete': (id) => ({ id }),
  'tasks.skip': (id) => ({ id }),
  'tasks.reopen': (id) => ({ id }),
  'tasks.remove': (id) => ({ id }),
  'lists.create': () => ({ name: 'Smuggled' }),
  'lists.get': (id) => ({ id }),
  'lists.list': () => ({}),
  'lists.edit': (id) => ({ id, name: 'Smuggled' }),
  'lists.archive': (id) => ({ id }),
  'lists.move': (id) => ({ id }),
  'lists.unarchive': (id) => ({ id }),
  'lists.remove': (id) => ({ id, tasks: 'remove' }),
  'lists.import': () => ({ lists: [{ id: randomUUID(), name: 'Smuggled' }] }),
  'lists.restore': (id) => ({ id }),
};
