import { randomUUID } from 'node:crypto';
import { createTestDatabase, inspect, openLink } from '@todo/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { BASE_URL, json, PASSWORD, type Person, startTestApi, type TestApi } from '../testing/api.ts';

let api: TestApi;
let person: Person;
beforeAll(async () => {
  api = await startTestApi();
  person = await api.signUp();
});
afterAll(() => api[Symbol.asyncDispose]());

const post = (path: string, body: unknown, to: Pick<TestApi, 'fetch'> = api) => to.fetch(`/api/auth/${path}`, json(body));
const signIn = (email: string, password = PASSWORD, to?: TestApi) => post('sign-in/email', { email, password }, to);
const internals = /select |insert |update |\$\d|user_id|node_modules|\.m?[jt]s\b|\bat \w+ \(|postgres|drizzle|127\.0\.0\.1|relation|constraint/i;

/** Status and body of an error response, after a check that it leaks nothing. */
async function refusal(response: Response): Promise<[number, string]> {
  const text = await response.text();
  expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  expect(text).not.toMatch(internals);
  for (const value of [person.email, person.userId, PASSWORD]) expect(text).not.toContain(value);
  return [response.status, text];
}

describe('a refused sign-in or sign-up', () => {
  it('is the same for a wrong password and for an address that nobody has', async () => {
    const wrong = await refusal(await signIn(person.email, 'wrong horse battery'));
    expect(wrong).toEqual(await refusal(await signIn(`${randomUUID()}@example.com`)));
    expect(wrong[0]).toBe(401);
  });

  const bad: [string, unknown, number][] = [
    ['sign-in/email', {}, 400],
    ['sign-in/email', { email: 7, password: PASSWORD }, 400],
    ['sign-in/email', { email: { $ne: null }, password: { $ne: null } }, 400],
    ['sign-in/email', [], 400],
    ['sign-up/email', { name: 'Ada', email: 'no address', password: PASSWORD }, 400],
    ['sign-up/email', { name: 'Ada', email: 'short@example.com', password: 'short' }, 400],
    ['sign-up/email', { name: 'Ada', email: 'long@example.com', password: 'a'.repeat(129) }, 400],
    ['sign-up/email', { email: 'nameless@example.com', password: PASSWORD }, 400],
  ];
  it.each(bad)('at %s with %j is the caller’s to mend', async (path, body, status) => {
    const [found] = await refusal(await post(path, body));
    expect(found).toBe(status);
    expect(api.logged).toEqual([]);
  });

  it('is the caller’s to mend when it is no JSON', async () => {
    for (const body of ['{', 'email=a', '']) {
      const [status] = await refusal(await api.fetch('/api/auth/sign-in/email', { ...json(''), body }));
      expect(status).toBe(400);
    }
    expect((await api.fetch('/api/auth/sign-in/email', { method: 'POST', body: '{}' })).status).toBe(415);
  });

  it('stores no field that the product keeps for itself', async () => {
    const id = randomUUID();
    const email = `${randomUUID()}@example.com`;
    const extra = {
      id,
      emailVerified: true,
      createdAt: '2000-01-01T00:00:00.000Z',
      updatedAt: '2000-01-01T00:00:00.000Z',
      image: 'https://example.com/a.png',
      role: 'admin',
    };
    const response = await post('sign-up/email', { name: 'Ada', email, password: PASSWORD, ...extra });
    const [made] = await inspect(
      api.database.superuserUrl,
      `select id, email_verified, created_at > now() - interval '1 hour' as now from "user" where email = '${email}'`,
    );
    expect([response.status, made]).toEqual([200, { id: expect.not.stringContaining(id), email_verified: false, now: true }]);
  });
});

it('too many attempts from one address have to wait, and others do not', async () => {
  let address = '192.0.2.1';
  await using limited = await startTestApi({ signInsPerMinute: 3, clientAddress: () => address });
  for (const _ of [1, 2, 3]) expect((await signIn('nobody@example.com', PASSWORD, limited)).status).toBe(401);
  const response = await signIn('nobody@example.com', PASSWORD, limited);
  const [status] = await refusal(response);
  expect(status).toBe(429);
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(Number(response.headers.get('retry-after'))).toBeLessThanOrEqual(60);
  const forged = { 'x-forwarded-for': '192.0.2.9', 'x-todo-client-address': '192.0.2.9', 'x-real-ip': '192.0.2.9' };
  const body = { email: 'nobody@example.com', password: PASSWORD };
  const init = { ...json(body), headers: { ...json(body).headers, ...forged } };
  expect((await limited.fetch('/api/auth/sign-in/email', init)).status).toBe(429);
  address = '192.0.2.2';
  expect((await signIn('nobody@example.com', PASSWORD, limited)).status).toBe(401);
});

describe('a database that cannot be reached', () => {
  const endpoints: [string, unknown][] = [
    ['sign-up/email', { name: 'Ada', email: 'ada@example.com', password: PASSWORD }],
    ['sign-in/email', { email: 'ada@example.com', password: PASSWORD }],
    ['sign-out', {}],
    ['change-password', { currentPassword: PASSWORD, newPassword: 'another horse battery' }],
    ['revoke-sessions', {}],
    ['delete-user', { password: PASSWORD }],
    ['get-session', undefined],
    ['list-sessions', undefined],
    ['token', undefined],
    ['jwks', undefined],
  ];

  it('is reported as unavailable by every endpoint, and nobody is signed out', async () => {
    await using database = await createTestDatabase();
    await using link = await openLink(database.appUrl);
    await using down = await startTestApi({ appUrl: link.url });
    const { headers, client } = await down.signUp();
    await link.cut();
    const answers = endpoints.map(async ([path, body]) => {
      const init = { ...(body === undefined ? {} : json(body)), headers: { ...json('').headers, ...headers.bearer } };
      const response = await down.fetch(`/api/auth/${path}`, init);
      return [path, response.headers.get('retry-after'), ...(await refusal(response))];
    });
    expect(await Promise.all(answers)).toEqual(endpoints.map(([path]) => [path, '1', 503, expect.stringContaining('"reason":"DATABASE_UNAVAILABLE"')]));
    await link.mend();
    await expect.poll(() => client.bearer.tasks.list.query().catch(() => undefined), { timeout: 30_000 }).toEqual({ items: [], nextCursor: null });
    expect(down.logged).toEqual([]);
  });
});

it.each(['user', 'account', 'session'])('a full database is reported when the %s of a sign-up cannot be stored', async (table) => {
  await using full = await startTestApi();
  const arrange = (text: string) => inspect(full.database.superuserUrl, text);
  await arrange(`create function fill_up() returns trigger language plpgsql as $$ begin raise exception 'disk full' using errcode = '53100'; end $$`);
  await arrange(`create trigger full_now before insert on "${table}" for each row execute function fill_up()`);
  const email = `${randomUUID()}@example.com`;
  const answer = await refusal(await post('sign-up/email', { name: 'Ada', email, password: PASSWORD }, full));
  expect(answer).toEqual([503, expect.stringContaining('"reason":"STORAGE_FULL"')]);
  expect(await arrange('select from "user"')).toEqual([]);
  expect(full.logged).toEqual([]);
});

it('a defect below an endpoint shows the caller no detail, and the log no address and no statement', async () => {
  await using broken = await startTestApi();
  await inspect(broken.database.superuserUrl, 'alter table session drop column user_agent');
  const email = `${randomUUID()}@example.com`;
  const [status, text] = await refusal(await post('sign-up/email', { name: 'Ada', email, password: PASSWORD }, broken));
  expect([status, text]).toEqual([500, expect.stringContaining('"reason":"INTERNAL"')]);
  expect(text).not.toContain(email);
  expect(broken.logged.length).toBeGreaterThan(0);
  for (const value of [email, PASSWORD, 'insert into']) expect(broken.logged.join('\n')).not.toContain(value);
});

it('an existing e-mail address is refused without any data of its user', async () => {
  const [status] = await refusal(await post('sign-up/email', { name: 'Eve', email: person.email, password: PASSWORD }));
  expect(status).toBe(422);
  expect(api.logged).toEqual([]);
});

describe('the session cookie', () => {
  it('is out of reach of scripts and of other sites', async () => {
    const [line = ''] = (await signIn(person.email)).headers.getSetCookie();
    expect(line).toMatch(/; HttpOnly/i);
    expect(line).toMatch(/; SameSite=Lax/i);
    expect(line).toMatch(/; Path=\//i);
  });

  it('lets no foreign page sign anybody out or delete an account', async () => {
    const forge = (path: string, origin: string) =>
      api.fetch(`/api/auth/${path}`, { ...json({ password: PASSWORD }), headers: { ...json('').headers, ...person.headers.cookie, origin } });
    for (const origin of ['https://evil.example', 'null', 'http://localhost:3001']) {
      expect((await forge('sign-out', origin)).status).toBe(403);
      expect((await forge('delete-user', origin)).status).toBe(403);
    }
    expect(await person.client.cookie.tasks.list.query()).toEqual({ items: [], nextCursor: null });
    const leaving = await api.signUp();
    expect((await api.fetch('/api/auth/sign-out', { ...json({}), headers: { ...json('').headers, ...leaving.headers.cookie, origin: BASE_URL } })).status).toBe(
      200,
    );
  });

  it('never comes back in a body that a script could read', async () => {
    const response = await person.fetch('/api/auth/get-session');
    const { session } = z.object({ session: z.object({ userId: z.string() }) }).parse(await response.clone().json());
    expect(session.userId).toBe(person.userId);
    expect(await response.text()).not.toContain(person.headers.bearer.authorization?.slice(7));
    expect(response.headers.get('cache-control')).toBe('no-store');
  });
});
