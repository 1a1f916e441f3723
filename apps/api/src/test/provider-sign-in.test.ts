import { randomUUID } from 'node:crypto';
import { inspect } from '@todo/db/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { json, startTestApi, type TestApi } from '../testing/api.ts';
import { type HostileProvider, startHostileProvider } from '../testing/oidc/hostile-provider.ts';
import { type Arrival, type Claims, comeBack, depart, newcomer, visitAs } from '../testing/oidc/visit.ts';

const ORIGIN = 'http://localhost:3000';

let provider: HostileProvider;
let api: TestApi;
beforeAll(async () => {
  provider = await startHostileProvider();
  api = await startTestApi({ providers: [provider.settings] });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
});
afterEach(() => {
  provider.answers = {};
});

const run = (text: string) => inspect(api.database.superuserUrl, text);

const visit = (claims: Claims, { target = api, ...way }: { cookie?: string; body?: object; target?: TestApi } = {}) => visitAs(target, provider, claims, way);
const userOf = async ({ cookie = '' }: Arrival) => Object(await (await api.fetch('/api/auth/get-session', { headers: { cookie } })).json()).user;

describe('a person of the provider', () => {
  it('gets an account at the first sign-in, and the same one at the next, whatever the provider says of them', async () => {
    const claims = newcomer();
    const first = await userOf(await visit(claims));
    expect(first).toMatchObject({ email: claims.email, name: 'Ada Example', emailVerified: true });
    const second = await userOf(await visit({ sub: claims.sub, email: `${randomUUID()}@example.com`, name: 'Eve' }));
    expect(second).toEqual(first);
  });

  it('is told at the page that the address must be verified first, where it must and the provider does not say that it is', async () => {
    const mailUrl = 'smtp://127.0.0.1:9';
    await using strict = await startTestApi({
      providers: [provider.settings],
      mailUrl,
      verifyEmail: 'required',
    });
    const claims = { ...newcomer(), email_verified: false };
    for (const _ of [1, 2]) expect(await visit(claims, { target: strict })).toMatchObject({ reason: 'EMAIL_NOT_VERIFIED', cookie: undefined });
    expect(await visit({ ...newcomer() }, { target: strict })).toMatchObject({ reason: null, cookie: expect.any(String) });
  });

  it('gets one account also when two browsers come back at a time', async () => {
    const claims = newcomer();
    const arrivals = await Promise.all([visit(claims), visit(claims), visit(claims)]);
    const users = await Promise.all(arrivals.map(userOf));
    expect(new Set(users.map(({ id }) => id)).size).toBe(1);
  });

  it('is asked for where the ID token does not say the address', async () => {
    const { sub, ...told } = newcomer();
    provider.answers.userinfo = { sub, ...told };
    expect(await userOf(await visit({ sub }))).toMatchObject({ email: told.email, name: 'Ada Example' });
  });

  it.each([
    ['x'.repeat(201), undefined],
    ['\0', 'true'],
    [5, 1],
    ['', false],
  ])(
    'is named by the address if the account cannot hold the name %j, and the address counts as verified only if the provider says true, not %j',
    async (name, email_verified) => {
      const claims = { ...newcomer(), name, email_verified };
      expect(await userOf(await visit(claims))).toMatchObject({ name: claims.email.replace(/@.*/, ''), emailVerified: false });
    },
  );

  it('leaves no token of the provider in the database', async () => {
    const arrival = await visit(newcomer());
    const { id } = await userOf(arrival);
    const [row] = await run(`select * from account where user_id = '${id}'`);
    const { provider_id: issuer, ...rest } = Object(row);
    expect(issuer).toBe(provider.settings.issuer);
    const names = ['password', 'access_token', 'refresh_token', 'id_token', 'access_token_expires_at', 'refresh_token_expires_at', 'scope'];
    expect(rest).toMatchObject(Object.fromEntries(names.map((name) => [name, null])));
    expect(await run('select from verification')).toEqual([]);
  });

  it('who is disabled is not signed in', async () => {
    const claims = newcomer();
    const { id } = await userOf(await visit(claims));
    await run(`update "user" set disabled_at = now() where id = '${id}'`);
    expect(await visit(claims)).toMatchObject({ reason: 'PROVIDER_REFUSED', cookie: undefined });
  });

  it('sets a cookie that scripts cannot read, and none that stays of the way there', async () => {
    const departure = await depart(api);
    const code = provider.codeFor(await provider.sign(provider.claims(departure.nonce, newcomer())));
    const query = new URLSearchParams({ code, state: departure.state, iss: provider.settings.issuer });
    const answer = await api.fetch(`/api/auth/callback/oidc?${query}`, { headers: { cookie: departure.cookie }, redirect: 'manual' });
    const lines = answer.headers.getSetCookie();
    expect(lines.find((line) => line.startsWith('better-auth.provider='))).toMatch(/^better-auth\.provider=; Max-Age=0/);
    expect(lines.find((line) => line.startsWith('better-auth.session_token='))).toMatch(/HttpOnly; SameSite=Lax$/);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
  });
});

it('sign-ins with a provider are counted by address', async () => {
  await using limited = await startTestApi({ providers: [provider.settings], signInsPerMinute: 1 });
  const statuses = [];
  for (let i = 0; i < 11; i += 1) statuses.push((await limited.fetch('/api/auth/sign-in/provider', json({ provider: 'oidc' }))).status);
  expect(statuses).toEqual([...Array(10).fill(200), 429]);
  expect((await comeBack(limited, { code: 'x' }, '')).location).toBe(`${ORIGIN}/?error=RATE_LIMITED`);
});

it('where nobody may create an account, a provider makes none; who has one here signs in', async () => {
  const [ada, claims] = [newcomer(), newcomer()];
  await visit(ada);
  await using closed = await startTestApi({ appUrl: api.database.appUrl, secret: api.secret, providers: [provider.settings], signUp: 'closed' });
  expect(await visit(claims, { target: closed })).toMatchObject({ reason: 'SIGN_UP_CLOSED', cookie: undefined });
  expect(await run(`select from account where account_id = '${claims.sub}'`)).toEqual([]);
  expect((await visit(ada, { target: closed })).reason).toBe(null);
});

it('without providers there is none to sign in with, and what a browser comes back with is nothing', async () => {
  await using without = await startTestApi();
  const answer = await without.fetch('/api/auth/sign-in/provider', json({ provider: 'oidc' }));
  expect([answer.status, Object(await answer.json()).code]).toEqual([400, 'PROVIDER_UNKNOWN']);
  expect(await comeBack(without, { code: 'x', state: 'y' }, '')).toMatchObject({ reason: 'SIGN_IN_EXPIRED', cookie: undefined });
});
