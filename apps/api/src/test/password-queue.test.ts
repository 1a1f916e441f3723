import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { createTestDatabase, openLink } from '@todo/db/testing';
import { expect, it } from 'vitest';
import { BASE_URL, cheapPassword, json, PASSWORD, startTestApi, type TestApi } from '../testing/api.ts';

const AT_ONCE = availableParallelism() > 2 ? 2 : 1;
const PLACES = AT_ONCE + 32;

const post = (api: Pick<TestApi, 'fetch'>, path: string, body: object, headers: Record<string, string> = {}) =>
  api.fetch(`/api/auth/${path}`, { ...json(body), headers: { ...json('').headers, origin: BASE_URL, ...headers } });

it('no connection is held while a password is hashed: with the only one, others are served meanwhile', async () => {
  const ready: number[] = [];
  const askMeanwhile = async () => ready.push((await api.fetch('/readyz')).status);
  const password = {
    hash: async (text: string) => {
      await askMeanwhile();
      return cheapPassword.hash(text);
    },
    verify: async (attempt: { hash: string; password: string }) => {
      await askMeanwhile();
      return cheapPassword.verify(attempt);
    },
  };
  await using api = await startTestApi({ password, connections: 1, acquireTimeout: 1_000, signInsPerMinute: 1_000 });
  const person = await api.signUp();
  const newPassword = 'another horse battery';
  const answers = [
    await post(api, 'sign-in/email', { email: person.email, password: PASSWORD }),
    await post(api, 'sign-in/email', { email: `${randomUUID()}@example.com`, password: PASSWORD }),
    await post(api, 'change-password', { currentPassword: PASSWORD, newPassword }, person.headers.cookie),
    await post(api, 'delete-user', { password: newPassword }, person.headers.cookie),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 401, 200, 200]);
  expect(ready).toEqual([200, 200, 200, 200, 200, 200]);
});

it('beyond a stated number that hash and wait, requests are refused at once and without the database', async () => {
  const gate = Promise.withResolvers<void>();
  let [running, most] = [0, 0];
  const hash = async (text: string) => {
    running += 1;
    most = Math.max(most, running);
    await gate.promise;
    running -= 1;
    return cheapPassword.hash(text);
  };
  await using database = await createTestDatabase();
  await using link = await openLink(database.appUrl);
  await using api = await startTestApi({ appUrl: link.url, acquireTimeout: 60_000, password: { hash, verify: cheapPassword.verify } });
  const signUp = () => post(api, 'sign-up/email', { name: 'Ada', email: `${randomUUID()}@example.com`, password: PASSWORD });
  const waiting = Array.from({ length: PLACES }, signUp);
  await expect.poll(() => running).toBe(AT_ONCE);
  link.roundTrips();
  const refused = await Promise.all(Array.from({ length: 20 }, signUp));
  for (const answer of refused) {
    expect([answer.status, answer.headers.get('retry-after'), await answer.json()]).toMatchObject([
      429,
      '5',
      { error: { data: { reason: 'RATE_LIMITED', retryAfterSeconds: 5 } } },
    ]);
  }
  expect(link.roundTrips()).toBe(0);
  gate.resolve();
  expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(waiting.map(() => 200));
  expect(most).toBe(AT_ONCE);
  expect((await signUp()).status).toBe(200);
});

it('the password of a request whose client is gone is not hashed, and nothing is logged', async () => {
  const gate = Promise.withResolvers<void>();
  let hashed = 0;
  const verify = async () => {
    hashed += 1;
    await gate.promise;
    return true;
  };
  await using api = await startTestApi({ password: { hash: cheapPassword.hash, verify } });
  const { email } = await api.signUp();
  const gone = new AbortController();
  const signIn = (signal?: AbortSignal) => api.fetch('/api/auth/sign-in/email', { ...json({ email, password: PASSWORD }), ...(signal && { signal }) });
  const calls = [...Array.from({ length: AT_ONCE }, () => signIn()), ...Array.from({ length: 20 }, () => signIn(gone.signal)), signIn()];
  await expect.poll(() => hashed).toBe(AT_ONCE);
  gone.abort();
  gate.resolve();
  const statuses = (await Promise.all(calls)).map(({ status }) => status);
  expect([statuses.slice(0, AT_ONCE), statuses.at(-1)]).toEqual([Array(AT_ONCE).fill(200), 200]);
  expect(hashed).toBe(AT_ONCE + 1);
  expect(api.logged).toEqual([]);
});

it('a JWT that was not seen before is verified before the sign-ins that came first have been', async () => {
  await using api = await startTestApi({ password: null });
  const person = await api.signUp();
  let done = 0;
  const signIns = Array.from({ length: PLACES }, async () => {
    await post(api, 'sign-in/email', { email: person.email, password: 'wrong horse battery' });
    done += 1;
  });
  await expect.poll(() => done).toBeGreaterThan(0);
  expect(await person.client.jwt.tasks.counts.query()).toEqual({ open: 0, completed: 0 });
  expect(done).toBeLessThan(PLACES / 2);
  await Promise.all(signIns);
});

it('of many requests to sign in, which could all be refused at once, one goes on in each turn of the event loop', async () => {
  await using api = await startTestApi();
  let [turns, done] = [0, 0];
  const countTurn = () => {
    turns += 1;
    if (done < 100) setImmediate(countTurn);
  };
  setImmediate(countTurn);
  const refused = Array.from({ length: 100 }, async () => {
    expect((await post(api, 'sign-in/social', {})).status).toBe(404);
    done += 1;
  });
  await Promise.all(refused);
  expect(turns).toBeGreaterThanOrEqual(99);
});

it('while 200 requests to sign in wait for their turn, more are refused', async () => {
  await using api = await startTestApi();
  const answers = await Promise.all(Array.from({ length: 300 }, () => api.fetch('/api/auth/ok')));
  const counted = (status: number) => answers.filter((answer) => answer.status === status).length;
  expect([counted(404), counted(503)]).toEqual([200, 100]);
  expect(await answers.at(-1)?.json()).toMatchObject({ error: { data: { reason: 'OVERLOADED', retryAfterSeconds: 1 } } });
  expect((await api.fetch('/api/auth/ok')).status).toBe(404);
});
