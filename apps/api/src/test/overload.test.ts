import { inspect, script } from '@todo/db/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Person, startTestApi, type TestApi } from '../testing/api.ts';
import { call, outcomeOf } from '../testing/procedures.ts';

/** With two calls of each, more than the connection and the queue in front of it hold. */
const PEOPLE = 120;

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ connections: 1, acquireTimeout: 60_000 });
});
afterAll(() => api[Symbol.asyncDispose]());

it('while too many calls wait for a connection, every request is refused before anything is spent on it, and health checks are not', async () => {
  const people: Person[] = [];
  for (let i = 0; i < PEOPLE; i += 1) people.push(await api.signUp());
  const { superuserUrl } = api.database;
  const locking = script(superuserUrl, 'begin; lock table tasks; select pg_sleep(600)').catch(() => 'ended');
  const sleeper = `from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`;
  await expect.poll(() => inspect(superuserUrl, `select ${sleeper}`)).toHaveLength(1);
  const waiting = people.flatMap(({ headers }) => Array.from({ length: 2 }, () => call(api, 'tasks.list', {}, headers.jwt)));
  let turn = 0;
  const anonymous = async () => {
    // Takes the place of a call whose time is up, on a machine so slow that this happens.
    turn += 1;
    waiting.push(call(api, 'tasks.list', {}, people[turn % PEOPLE]?.headers.jwt));
    return outcomeOf(await call(api, 'tasks.list', {}));
  };
  await expect.poll(anonymous).toBe('OVERLOADED');
  expect((await api.fetch('/readyz')).status).toBe(200);
  await inspect(superuserUrl, `select pg_terminate_backend(pid) ${sleeper}`);
  await locking;
  const outcomes = await Promise.all(waiting.map(async (answer) => outcomeOf(await answer)));
  expect(outcomes).toContain('ok');
  expect(outcomes.filter((outcome) => !['ok', 'OVERLOADED', 'DEADLINE_EXCEEDED'].includes(outcome))).toEqual([]);
  expect(await outcomeOf(await call(api, 'tasks.list', {}))).toBe('UNAUTHENTICATED');
});
