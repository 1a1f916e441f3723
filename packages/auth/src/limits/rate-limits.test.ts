import { openDatabase } from '@todo/db';
import { explain, inspect } from '@todo/db/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { startTestAuth, type TestAuth } from '../testing/identity.ts';
import { type Rate, RateLimited } from './rate-limited.ts';
import { type Claim, createRateLimits, type RateLimits } from './rate-limits.ts';

const rate: Rate = { name: 'tries', quota: 3, windowSeconds: 60 };
const other: Rate = { name: 'others', quota: 5, windowSeconds: 900 };

let test: TestAuth;
const databases: ReturnType<typeof openDatabase>[] = [];
/** An instance that has refused nothing yet. */
const start = () => {
  const database = openDatabase(test.link.url);
  databases.push(database);
  return createRateLimits(database.identity, test.secret);
};
let limits: RateLimits;
let subject = '';
let made = 0;
beforeAll(async () => {
  test = await startTestAuth();
});
beforeEach(() => {
  limits = start();
  made += 1;
  subject = `ada@example.com ${made}`;
});
afterAll(async () => {
  await Promise.all(databases.map((database) => database.close()));
  await test[Symbol.asyncDispose]();
});

const run = (text: string) => inspect(test.database.superuserUrl, text);
const tries = (): Claim => ({ rate, subject });
const others = (): Claim => ({ rate: other, subject });
/** Lets time pass for all windows. */
const advance = (seconds: number) => run(`update rate_limit set last_request = last_request - ${seconds * 1000}`);
const takes = async (claims: Claim[], by = limits) =>
  by.take(claims).then(
    () => 'taken',
    (error: unknown) => (error instanceof RateLimited ? error.rate?.name : String(error)),
  );

it('takes its quota in a window, and tells the true rest of it', async () => {
  for (const _ of [1, 2, 3]) expect(await takes([tries()])).toBe('taken');
  await advance(20);
  const refusal = await start()
    .take([tries()])
    .catch((error: unknown) => error);
  expect(refusal).toMatchObject({ name: 'RateLimited', rate });
  const { retryAfterSeconds, headers } = refusal instanceof RateLimited ? refusal : new RateLimited(0);
  expect(retryAfterSeconds).toBeGreaterThan(0);
  expect(retryAfterSeconds).toBeLessThanOrEqual(40);
  expect(headers).toEqual({ 'ratelimit-policy': '"tries";q=3;w=60', ratelimit: `"tries";r=0;t=${retryAfterSeconds}` });
});

it('a window ends after its time, although calls keep coming', async () => {
  for (let call = 0; call < 12; call += 1) {
    expect([call, await takes([tries()], start())]).toEqual([call, 'taken']);
    await advance(21);
  }
});

it('a refused call does not make the window longer', async () => {
  for (const _ of [1, 2, 3]) await takes([tries()]);
  await advance(20);
  expect(await takes([tries()], start())).toBe('tries');
  await advance(40);
  expect(await takes([tries()], start())).toBe('taken');
});

it('instances count together, and exactly', async () => {
  const instances = [start(), start()];
  const wide = { rate: { ...rate, quota: 20 }, subject };
  const taken = await Promise.all(Array.from({ length: 50 }, (_, i) => takes([wide], instances[i % 2])));
  expect(taken.filter((outcome) => outcome === 'taken')).toHaveLength(20);
});

it('counts all or nothing', async () => {
  for (const _ of [1, 2, 3]) await takes([tries()]);
  for (let call = 0; call < 10; call += 1) expect(await takes([others(), tries()], start())).toBe('tries');
  for (let call = 0; call < 5; call += 1) expect(await takes([others()], start())).toBe('taken');
  expect(await takes([others()], start())).toBe('others');
});

it('what is given back can be taken again', async () => {
  for (let call = 0; call < 10; call += 1) {
    expect(await takes([tries(), others()])).toBe('taken');
    await limits.giveBack([tries(), others()]);
  }
  for (const _ of [1, 2, 3]) expect(await takes([tries()])).toBe('taken');
});

it('concurrent claims on the same counters wait for each other and fail in no order', async () => {
  const wide = [1, 2, 3, 4].map((n) => ({ rate: { ...rate, name: `wide ${n}`, quota: 1_000 }, subject }));
  const instances = [start(), start()];
  const calls = Array.from({ length: 60 }, async (_, i) => {
    const claims = i % 2 ? wide : wide.toReversed();
    const outcome = await takes(claims, instances[i % 2]);
    await instances[i % 2]?.giveBack(claims.toReversed());
    return outcome;
  });
  expect(new Set(await Promise.all(calls))).toEqual(new Set(['taken']));
  expect(await run(`select count from rate_limit where count < 0`)).toEqual([]);
});

it('a flood that is refused costs no statement', async () => {
  for (const _ of [1, 2, 3, 4]) await takes([tries()]);
  test.link.roundTrips();
  for (let call = 0; call < 50; call += 1) expect(await takes([others(), tries()])).toBe('tries');
  expect(() => limits.recall([tries()])).toThrow(RateLimited);
  expect(() => limits.recall([others()])).not.toThrow();
  expect(test.link.roundTrips()).toBe(0);
});

it('the table names nobody', async () => {
  await takes([tries()]);
  expect(JSON.stringify(await run('select key from rate_limit'))).not.toMatch(/ada|example|@/);
});

it.each(['custom', 'generic'] as const)('counting reads the counters that it names alone, by a %s plan', async (mode) => {
  const end = Date.now() + 900_000;
  await run(`insert into rate_limit select gen_random_uuid(), n::text, 1, ${end} + n from generate_series(1, 20000) n on conflict do nothing`);
  await run('analyze rate_limit');
  await takes([tries(), others()]);
  test.link.statements();
  await takes([tries(), others()]);
  await limits.giveBack([tries(), others()]);
  const statements = test.link.statements();
  expect(statements).toHaveLength(2);
  for (const statement of statements) {
    const { reads } = await explain(test.database.appUrl, null, statement, mode);
    // Two counters, each a few times: to compare, to lock and to update.
    expect(Math.max(...Object.values(reads))).toBeLessThanOrEqual(8);
    expect(reads).not.toHaveProperty('rate_limit');
  }
});
