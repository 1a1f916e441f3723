import { randomUUID } from 'node:crypto';
import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BASE_URL, cheapPassword, json, PASSWORD, type Person, startTestApi, type TestApi } from '../testing/api.ts';

const QUOTA = 20;
const WRONG = 'wrong horse battery';

let api: TestApi;
let address = '';
let addresses = 0;
/** The number of passwords that were compared. */
let compared = 0;
const password = {
  hash: (text: string) => {
    compared += 1;
    return cheapPassword.hash(text);
  },
  verify: (attempt: { hash: string; password: string }) => {
    compared += 1;
    return cheapPassword.verify(attempt);
  },
};
beforeAll(async () => {
  api = await startTestApi({ signInsPerMinute: QUOTA, clientAddress: (c) => c.req.header('x-test-address') ?? address, password });
});
beforeEach(() => {
  move();
});
afterAll(() => api[Symbol.asyncDispose]());

/** Sends what follows from a new network. */
const move = () => {
  addresses += 1;
  address = `10.${addresses >> 8}.${addresses & 255}.1`;
};
const run = (text: string) => inspect(api.database.superuserUrl, text);
/** Lets time pass, on an instance that remembers no refusal. */
const advance = (seconds: number) => run(`update rate_limit set last_request = last_request - ${seconds * 1000}`);
const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  api.fetch(`/api/auth/${path}`, { ...json(body), headers: { ...json('').headers, origin: BASE_URL, 'x-test-address': address, ...headers } });
const signIn = (email: string, text = PASSWORD, cookie?: string) => post('sign-in/email', { email, password: text }, cookie === undefined ? {} : { cookie });
const statuses = async (answers: Promise<Response>[]) => (await Promise.all(answers)).map(({ status }) => status);
const counted = (all: number[], status: number) => all.filter((each) => each === status).length;
const deviceOf = ({ headers }: Person) => headers.cookie.cookie?.split('; ').find((pair) => pair.includes('.device=')) ?? '';
const policyOf = ({ status, headers }: Response) => (status === 429 ? headers.get('ratelimit-policy') : status);
const times = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('one address', () => {
  it('may sign in with right passwords far more often than with wrong ones', async () => {
    const person = await api.signUp();
    for (const _ of times(QUOTA * 3)) expect((await signIn(person.email)).status).toBe(200);
  });

  it('may sign in ten times as often as that and no more', async () => {
    const person = await api.signUp();
    await run('delete from rate_limit');
    await signIn(person.email);
    await run(`update rate_limit set count = ${10 * QUOTA} where count = 1`);
    expect(policyOf(await signIn(person.email))).toBe(`"sign-ins";q=${10 * QUOTA};w=60`);
    move();
    expect((await signIn(person.email)).status).toBe(200);
  });

  it('may try a stated number of wrong passwords a minute, for different accounts together', async () => {
    const tries = times(QUOTA + 5).map(() => signIn(`${randomUUID()}@example.com`, WRONG));
    const found = await statuses(tries);
    expect([counted(found, 401), counted(found, 429)]).toEqual([QUOTA, 5]);
    move();
    expect((await signIn(`${randomUUID()}@example.com`, WRONG)).status).toBe(401);
  });

  it('may sign up a stated number of accounts a minute', async () => {
    const found = await statuses(times(QUOTA + 5).map(() => post('sign-up/email', { name: 'Ada', email: `${randomUUID()}@example.com`, password: PASSWORD })));
    expect([counted(found, 200), counted(found, 429)]).toEqual([QUOTA, 5]);
  });

  it('of IPv6 is a whole network', async () => {
    const found = await statuses(
      times(QUOTA + 5).map((i) => {
        address = `2001:db8:0:7::${(i + 1).toString(16)}`;
        return signIn(`${randomUUID()}@example.com`, WRONG);
      }),
    );
    expect(counted(found, 429)).toBe(5);
  });
});

describe('one account', () => {
  /** 200 wrong passwords, each from the address of its number, fewer at a time than may wait for a hash. */
  const attack = async (email: string, addressAt: (i: number) => string) => {
    const found: number[] = [];
    for (const round of times(10)) {
      const tries = times(20).map((i) => post('sign-in/email', { email, password: WRONG }, { 'x-test-address': addressAt(20 * round + i) }));
      found.push(...(await statuses(tries)));
    }
    return found;
  };
  const inOneNetwork = (i: number) => `192.0.2.${i}`;
  const everywhere = (i: number) => `172.16.${i}.1`;
  const within = { 'one network of IPv4': inOneNetwork, 'one network of IPv6': (i: number) => `2001:db8:7:${i}::1` };

  it.each(Object.entries(within))('is tried with few passwords from the addresses of %s, and opens from others meanwhile', async (_, addressAt) => {
    const person = await api.signUp();
    for (const email of [person.email, `${randomUUID()}@example.com`]) {
      const before = compared;
      const found = await attack(email, addressAt);
      expect([counted(found, 401), counted(found, 429)]).toEqual([10, 190]);
      expect(compared - before).toBe(10);
      address = addressAt(0);
      expect(policyOf(await signIn(email))).toBe('"wrong-passwords-by-network";q=10;w=900');
    }
    move();
    expect((await signIn(person.email)).status).toBe(200);
  });

  it('is tried with a bounded number of passwords from however many networks, and an address that nobody has answers the same', async () => {
    const person = await api.signUp();
    for (const email of [person.email, `${randomUUID()}@example.com`]) {
      const before = compared;
      const found = await attack(email, everywhere);
      expect([counted(found, 401), counted(found, 429)]).toEqual([100, 100]);
      expect(compared - before).toBe(100);
      expect(policyOf(await signIn(email))).toBe('"wrong-passwords-by-account";q=100;w=3600');
    }
  });

  it('opens from a device that has signed in to it before, whatever others try elsewhere', async () => {
    const [person, other] = [await api.signUp(), await api.signUp()];
    await attack(person.email, everywhere);
    expect((await signIn(person.email, PASSWORD, deviceOf(person))).status).toBe(200);
    for (const device of [deviceOf(other), deviceOf(person).slice(0, -3), `x${deviceOf(person)}`]) {
      expect((await signIn(person.email, PASSWORD, device)).status).toBe(429);
    }
  });

  it('is tried with few passwords from a known device too, which other devices do not notice', async () => {
    const person = await api.signUp();
    const found = await statuses(times(15).map(() => signIn(person.email, WRONG, deviceOf(person))));
    expect([counted(found, 401), counted(found, 429)]).toEqual([10, 5]);
    move();
    expect((await signIn(person.email, PASSWORD)).status).toBe(200);
  });

  it.each([
    ['change-password', (currentPassword: string) => ({ currentPassword, newPassword: 'another horse battery' })] as const,
    ...['delete-user', 'second-factor/set-up', 'passkeys/add-options'].map((path) => [path, (password: string) => ({ password })] as const),
  ])('is tried with few passwords by a session, at %s', async (path, bodyWith) => {
    const person = await api.signUp();
    const found = await statuses(times(15).map(() => post(path, bodyWith(WRONG), person.headers.cookie)));
    expect([counted(found, 400), counted(found, 429)]).toEqual([10, 5]);
    expect((await post(path, bodyWith(PASSWORD), person.headers.cookie)).status).toBe(429);
    await advance(900);
    expect((await signIn(person.email)).status).toBe(200);
  });

  it('is tried with few passwords by all its sessions together', async () => {
    const person = await api.signUp();
    const own = randomUUID(); // Wrong ones are counted for the stored hash, which other users here share.
    await post('change-password', { currentPassword: PASSWORD, newPassword: own }, person.headers.bearer);
    const body = { currentPassword: WRONG, newPassword: own };
    const sessions: { authorization: string }[] = [];
    for (const _ of times(3)) sessions.push({ authorization: `Bearer ${(await signIn(person.email, own)).headers.get('set-auth-token')}` });
    for (const session of sessions.slice(1)) for (const _ of times(10)) expect((await post('change-password', body, session)).status).toBe(400);
    expect(policyOf(await post('change-password', body, sessions[0]))).toBe('"wrong-passwords-by-user";q=20;w=900');
  });

  it('has a stated number of calls with its password by a session', async () => {
    const person = await api.signUp();
    const change = () => post('change-password', { currentPassword: PASSWORD, newPassword: PASSWORD }, person.headers.bearer);
    await run('delete from rate_limit');
    await change();
    await run(`update rate_limit set count = ${QUOTA}`);
    expect(policyOf(await change())).toBe(`"password-calls";q=${QUOTA};w=60`);
  });
});

it('a refusal has the shape of all errors, the standard headers and the true rest of the window', async () => {
  await statuses(times(QUOTA).map(() => signIn(`${randomUUID()}@example.com`, WRONG)));
  await advance(20);
  const response = await signIn(`${randomUUID()}@example.com`, WRONG);
  const seconds = Number(response.headers.get('retry-after'));
  expect(await response.json()).toMatchObject({ error: { data: { reason: 'RATE_LIMITED', httpStatus: 429, retryAfterSeconds: seconds } } });
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(40);
  expect(response.headers.get('ratelimit-policy')).toBe(`"wrong-passwords-by-address";q=${QUOTA};w=60`);
  expect(response.headers.get('ratelimit')).toBe(`"wrong-passwords-by-address";r=0;t=${seconds}`);
});
