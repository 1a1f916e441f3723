import { randomUUID } from 'node:crypto';
import { createTestDatabase, hasPgBouncer, keepsStatements, startPgBouncer, type TestDatabase } from '@todo/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Person, startTestApi } from '../testing/api.ts';
import { call, outcomeOf } from '../testing/procedures.ts';

const SECRET = 's'.repeat(32);
const PEOPLE = 12;
const ROUNDS = 12;

/** Two sessions for many clients, so that each transaction of a client meets another session. */
const few = { default_pool_size: 2 };

describe.skipIf(!hasPgBouncer)('behind PgBouncer in transaction mode', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database?.[Symbol.asyncDispose]());

  /** Creates, edits, lists and undoes; returns what failed. */
  async function use({ client, userId }: Person): Promise<unknown[]> {
    const { tasks, history } = client.jwt;
    const failures: unknown[] = [];
    const expectTitle = (title: string) => {
      if (!title.startsWith(userId)) failures.push(`a task of another user: ${title}`);
    };
    for (let round = 0; round < ROUNDS; round += 1) {
      try {
        const mutationId = randomUUID();
        const { id } = await tasks.create.mutate({ title: `${userId} ${round}` });
        const [edited, page] = await Promise.all([
          tasks.edit.mutate({ id, title: `${userId} edited`, mutationId }),
          tasks.list.query({ limit: 200, search: 'a' }),
        ]);
        for (const { title } of [edited, ...page.items]) expectTitle(title);
        await history.undo.mutate({ of: { mutationId } });
        expectTitle((await tasks.get.query({ id })).title);
      } catch (error) {
        failures.push(error);
      }
    }
    const { items } = await tasks.list.query({ limit: 200 });
    if (items.length !== ROUNDS) failures.push(`${items.length} tasks`);
    return failures;
  }

  it.each([
    ['as it comes', {}],
    ...(keepsStatements ? [['without support for prepared statements', { max_prepared_statements: 0 }] as const] : []),
    ['with startup parameters ignored', { ignore_startup_parameters: 'search_path,statement_timeout' }],
  ] as const)('%s, everything works, and everybody finds their own', async (_, settings) => {
    await using pooler = await startPgBouncer([database.appUrl], { ...few, ...settings });
    await using api = await startTestApi({ appUrl: pooler.through(database.appUrl), secret: SECRET, acquireTimeout: 60_000 });
    const people = await Promise.all(Array.from({ length: PEOPLE }, () => api.signUp()));
    expect((await Promise.all(people.map(use))).flat()).toEqual([]);
    expect((await api.fetch('/readyz')).status).toBe(200);
    expect(api.logged).toEqual([]);
  });

  it('a call whose client is gone cancels nothing of another', async () => {
    await using pooler = await startPgBouncer([database.appUrl], few);
    await using api = await startTestApi({ appUrl: pooler.through(database.appUrl), secret: SECRET, acquireTimeout: 60_000 });
    const [ada, ben] = [await api.signUp(), await api.signUp()];
    const outcomes = new Set<string>();
    for (let i = 0; i < 60; i += 1) {
      const gone = new AbortController();
      const input = encodeURIComponent(JSON.stringify({ search: 'x', limit: 200 }));
      const aborted = api.fetch(`/trpc/tasks.list?input=${input}`, { headers: ada.headers.jwt, signal: gone.signal });
      const other = call(api, 'tasks.create', { title: `${i}` }, ben.headers.jwt);
      setTimeout(() => gone.abort(), i % 5);
      outcomes.add(await outcomeOf(await other));
      await aborted.catch(() => {});
    }
    expect(outcomes).toEqual(new Set(['ok']));
  });

  it('serves again after PgBouncer was restarted', async () => {
    await using pooler = await startPgBouncer([database.appUrl], few);
    await using api = await startTestApi({ appUrl: pooler.through(database.appUrl), secret: SECRET, acquireTimeout: 60_000 });
    const ada = await api.signUp();
    await pooler.stop();
    expect(await outcomeOf(await call(api, 'tasks.list', undefined, ada.headers.jwt))).toBe('DATABASE_UNAVAILABLE');
    expect((await api.fetch('/readyz')).status).toBe(503);
    await pooler.start();
    await expect.poll(async () => outcomeOf(await call(api, 'tasks.create', { title: 'x' }, ada.headers.jwt)), { timeout: 30_000 }).toBe('ok');
    expect((await api.fetch('/readyz')).status).toBe(200);
  });
});
