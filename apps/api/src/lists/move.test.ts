import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const person = async () => (await api.signUp()).client.jwt;

it('keeps lists in the order of their creation, and moves one before and after another and to the end', async () => {
  const { lists, history } = await person();
  const made: string[] = [];
  for (const name of 'abcd') made.push((await lists.create.mutate({ name })).id);
  const [a = '', b = '', c = '', d = ''] = made;
  const names = async () => (await lists.list.query()).items.map(({ name }) => name).join('');
  expect(await names()).toBe('abcd');
  expect(await lists.move.mutate({ id: d, before: b, expectedVersion: 1 })).toMatchObject({ id: d, name: 'd', version: 2 });
  expect(await names()).toBe('adbc');
  await lists.move.mutate({ id: a, after: b });
  expect(await names()).toBe('dbac');
  await lists.move.mutate({ id: b });
  expect(await names()).toBe('dacb');
  expect(await lists.move.mutate({ id: c, after: a })).toMatchObject({ version: 1 });
  expect((await history.list.query({ limit: 1 })).items[0]).toMatchObject({ entity: 'list', action: 'moved', id: b });

  const pages: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page: Awaited<ReturnType<typeof lists.list.query>> = await lists.list.query({ limit: 3, cursor });
    pages.push(...page.items.map(({ name }) => name));
    cursor = page.nextCursor;
  }
  expect(pages.join('')).toBe('dacb');
  for (const place of [{ before: randomUUID() }, { after: randomUUID() }])
    await expect(lists.move.mutate({ id: a, ...place })).rejects.toMatchObject({ data: { reason: 'NEIGHBOR_NOT_FOUND' } });
  await expect(lists.move.mutate({ id: a, before: a })).rejects.toMatchObject({ data: { reason: 'INVALID_INPUT' } });
});

it('gives tied lists new positions, the fewest that there are', async () => {
  const { lists } = await person();
  const ids = Array.from({ length: 5 }, (_, i) => `00000000-0000-4000-8000-00000000000${i}`);
  await lists.import.mutate({ lists: ids.map((id, i) => ({ id, name: String(i), position: 'a0' })) });
  const [first, second, , , last = ''] = ids;
  expect(await lists.move.mutate({ id: last, before: second })).toMatchObject({ seq: 7 });
  const { items } = await lists.list.query();
  expect(items.map(({ name }) => name).join('')).toBe('04123');
  expect(items.filter(({ version }) => version > 1).map(({ id }) => id)).toEqual([first, last]);
});
