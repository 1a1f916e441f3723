import { randomUUID } from 'node:crypto';
import { freePort, inspect, script } from '@todo/db/testing';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { startTestApi, type TestApi } from '../testing/api.ts';
import { openWatch, seqOf } from '../testing/events.ts';
import { start, stop } from '../testing/program.ts';

const ROUNDS = 20;
const EDITS = 20;
/** 39,960 bytes and a number; an event holds the old and the new text. */
const text = (n: number) => `${n} ${'🎉'.repeat(9_990)}`;

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  await api.database.setRetention({ logDays: 90, logMb: 1 });
});
afterAll(() => api[Symbol.asyncDispose]());

/** Pages of the table with its indexes and texts, without the space that VACUUM has not freed yet. */
async function sizes(owner: string) {
  await script(api.database.superuserUrl, 'vacuum events');
  const [row] = await inspect(
    api.database.superuserUrl,
    `select pg_total_relation_size('events')::int as table_bytes, count(*)::int as events, sum(octet_length(fields::text) + 400)::int as bytes
     from events where user_id = '${owner}'`,
  );
  return { table: Number(row?.table_bytes), events: Number(row?.events), log: Number(row?.bytes) };
}

it('the log of a user who edits without end stays as large as it is, while every change is stored and every reader gets it', async () => {
  const person = await api.signUp();
  const { tasks, history, sync } = person.client.jwt;
  const first = randomUUID();
  const { id } = await tasks.create.mutate({ title: 'Edited without end', mutationId: first });
  const start = (await sync.changes.query({})).cursor;
  let { cursor } = await sync.changes.query({});
  await using watch = await openWatch(api.fetch, person.headers.jwt, { cursor });

  const seen: Awaited<ReturnType<typeof sizes>>[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    for (let i = 0; i < EDITS; i += 1) await tasks.edit.mutate({ id, description: text(round * EDITS + i), mutationId: randomUUID() });
    // A reader who reads between two trims goes on where it was.
    const page = await sync.changes.query({ cursor });
    expect(page).toMatchObject({ reset: false, more: false, changes: [{ id, value: { version: 1 + (round + 1) * EDITS } }] });
    cursor = page.cursor;
    await api.database.housekeep();
    seen.push(await sizes(person.userId));
  }

  const [early, late] = [seen.slice(3, 8), seen.slice(-5)];
  const most = (of: typeof seen, what: 'table' | 'events' | 'log') => Math.max(...of.map((size) => size[what]));
  for (const what of ['table', 'events', 'log'] as const) expect(most(late, what), what).toBeLessThanOrEqual(most(early, what) * 1.1);
  expect(most(late, 'log')).toBeLessThanOrEqual(1_000_000);
  expect(await api.database.verifyLog(person.userId)).not.toHaveProperty('fault');
  expect(seqOf(cursor)).toBe(1 + ROUNDS * EDITS);

  // A reader who comes too late starts anew, a stream that was open has the last state, and what was trimmed cannot be undone.
  expect(await sync.changes.query({ cursor: start })).toMatchObject({ reset: true, changes: [{ id, value: { version: 1 + ROUNDS * EDITS } }] });
  for (let page = await watch.next(); ; page = await watch.next()) {
    if (typeof page === 'string') expect.fail(page);
    if (page.changes.some(({ value }) => value?.version === 1 + ROUNDS * EDITS)) break;
  }
  await expect(history.undo.mutate({ of: { mutationId: first } })).rejects.toMatchObject({
    data: { reason: 'INVALID_INPUT', fields: { of: [expect.stringContaining('trimmed')] } },
  });
  const { items, since } = await history.list.query({ limit: 200 });
  expect(since).toBe(items.at(-1)?.at);
  expect(items.length).toBeLessThan(EDITS);
});

it('a server sets how long logs are kept when it starts, and deletes old data soon afterwards', async () => {
  const { appUrl, ownerUrl, superuserUrl } = api.database;
  const { userId } = await api.signUp();
  await inspect(superuserUrl, `insert into idempotency_keys (user_id, id, seq, at) values ('${userId}', gen_random_uuid(), 0, now() - interval '31 days')`);
  const settings = { DATABASE_URL: appUrl, DATABASE_MIGRATION_URL: ownerUrl, BETTER_AUTH_SECRET: api.secret, LOG_KEEP_DAYS: '30', LOG_MAX_MB: '7' };
  const program = await start({ ...settings, PORT: String(await freePort()) });
  onTestFinished(() => void program.child.kill('SIGKILL'));
  expect(await inspect(superuserUrl, 'select * from retention')).toEqual([{ log_days: 30, log_mb: 7 }]);
  await expect.poll(() => inspect(superuserUrl, `select from idempotency_keys where user_id = '${userId}'`)).toEqual([]);
  expect(await stop(program)).toBe(0);
  expect(program.output()).not.toContain('could not be deleted');
});
