import { randomUUID } from 'node:crypto';
import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BASE_URL, json, PASSWORD, type Person, startTestApi, type TestApi } from '../testing/api.ts';
import { valid } from '../testing/inputs.ts';
import { call, outcomeOf, procedures } from '../testing/procedures.ts';

let api: TestApi;
let ada: Person;
let id: string;
/** A call that was applied before the account was deleted. */
const before = { title: 'Before the end', mutationId: randomUUID(), groupId: randomUUID() };

beforeAll(async () => {
  api = await startTestApi();
  ada = await api.signUp();
  ({ id } = await ada.client.jwt.tasks.create.mutate(before));
  const response = await ada.fetch('/api/auth/delete-user', { ...json({ password: PASSWORD }), headers: { ...json('').headers, origin: BASE_URL } });
  expect(response.status).toBe(200);
});
afterAll(() => api[Symbol.asyncDispose]());

/** This user's rows in all tables. */
async function rows(): Promise<unknown[]> {
  const tables = await inspect(
    api.database.superuserUrl,
    `select table_name as name from information_schema.columns where table_schema = 'public' and column_name = 'user_id'`,
  );
  expect(tables.map(({ name }) => name)).toEqual(expect.arrayContaining(['tasks', 'owners', 'events', 'idempotency_keys']));
  const all = tables.map(({ name }) => `select '${name}' as name, to_jsonb(t) as row from "${name}" t where user_id = '${ada.userId}'`);
  return inspect(api.database.superuserUrl, all.join(' union all '));
}

const changing = [...procedures].flatMap(([path, { type }]) => (type === 'mutation' ? [path] : []));

it.each(changing)('%s by the JWT of a deleted account is refused, and leaves no row anywhere', async (path) => {
  const input = valid[path]?.(id) ?? {};
  const named = { mutationId: randomUUID(), groupId: randomUUID() };
  for (const given of [input, { ...input, ...named }, { ...input, ...named }]) {
    expect(await outcomeOf(await call(api, path, given, ada.headers.jwt))).toBe('UNAUTHENTICATED');
  }
  expect(await rows()).toEqual([]);
  expect(api.logged).toEqual([]);
});

it('a call that was applied before is refused as well when it is repeated', async () => {
  expect(await outcomeOf(await call(api, 'tasks.create', before, ada.headers.jwt))).toBe('UNAUTHENTICATED');
  const targets = [{ mutationId: before.mutationId }, { groupId: before.groupId }];
  for (const target of targets) expect(await outcomeOf(await call(api, 'history.undo', { of: target }, ada.headers.jwt))).toBe('UNAUTHENTICATED');
  expect(await rows()).toEqual([]);
});
