import { randomUUID } from 'node:crypto';
import { codeOf } from '@todo/auth/testing';
import { inspect } from '@todo/db/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { json, PASSWORD, type Person, startTestApi, type TestApi } from '../testing/api.ts';
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
const post = (path: string, body: object, cookie: string, target = api) =>
  target.fetch(`/api/auth/${path}`, { ...json(body), headers: { ...json(body).headers, origin: ORIGIN, cookie } });

const visit = (claims: Claims, { target = api, ...way }: { cookie?: string; body?: object; target?: TestApi } = {}) => visitAs(target, provider, claims, way);
const userOf = async ({ cookie = '' }: Arrival) => Object(await (await api.fetch('/api/auth/get-session', { headers: { cookie } })).json()).user;
const connect = (person: Person, claims: Claims, password: string | undefined = PASSWORD) =>
  visit(claims, { cookie: String(person.headers.cookie.cookie), body: { provider: 'oidc', password, returnTo: `${ORIGIN}/#/account` } });
const listOf = async (cookie: string) => Object(await (await api.fetch('/api/auth/list-connections', { headers: { cookie } })).json());

describe('a provider is connected with an account', () => {
  it('by its user, who then signs in with it', async () => {
    const [ada, claims] = [await api.signUp(), newcomer()];
    expect(await connect(ada, claims)).toEqual({ location: `${ORIGIN}/#/account`, reason: null, cookie: undefined });
    expect(await userOf(await visit(claims))).toMatchObject({ id: ada.userId, email: ada.email });
    const { connections, hasPassword } = await listOf(String(ada.headers.cookie.cookie));
    expect([connections, hasPassword]).toEqual([[{ id: expect.any(String), name: 'Example', connectedAt: expect.any(String) }], true]);
  });

  it.each([undefined, '', 'wrong horse battery'])('not with the password %j', async (password) => {
    const ada = await api.signUp();
    const answer = await post('connect-provider', { provider: 'oidc', password }, String(ada.headers.cookie.cookie));
    expect([answer.status, Object(await answer.json()).code, answer.headers.getSetCookie()]).toEqual([400, 'INVALID_PASSWORD', []]);
  });

  it('not without a session', async () => {
    expect((await post('connect-provider', { provider: 'oidc', password: PASSWORD }, '')).status).toBe(401);
  });

  it('not if it belongs to another account', async () => {
    const [ada, eve, claims] = [await api.signUp(), await api.signUp(), newcomer()];
    await connect(ada, claims);
    expect((await connect(ada, claims)).reason).toBe(null);
    expect((await connect(eve, claims)).reason).toBe('IDENTITY_TAKEN');
    expect(await userOf(await visit(claims))).toMatchObject({ id: ada.userId });
    expect((await listOf(String(eve.headers.cookie.cookie))).connections).toEqual([]);
  });

  it('not if somebody else has signed in meanwhile, or nobody is', async () => {
    const [ada, eve] = [await api.signUp(), await api.signUp()];
    for (const cookie of [String(eve.headers.cookie.cookie), '']) {
      const departure = await depart(api, { provider: 'oidc', password: PASSWORD }, { cookie: String(ada.headers.cookie.cookie) });
      const code = provider.codeFor(await provider.sign(provider.claims(departure.nonce, newcomer())));
      const query = { code, state: departure.state, iss: provider.settings.issuer };
      expect((await comeBack(api, query, [departure.cookie, cookie].filter(Boolean).join('; '))).reason).toBe('USER_CHANGED');
    }
    for (const each of [ada, eve]) expect((await listOf(String(each.headers.cookie.cookie))).connections).toEqual([]);
  });

  it('ten times at most', async () => {
    const ada = await api.signUp();
    for (let i = 0; i < 10; i += 1) expect((await connect(ada, newcomer())).reason).toBe(null);
    expect((await connect(ada, newcomer())).reason).toBe('CONNECTIONS_EXCEEDED');
  });
});

describe('a user without a password', () => {
  const own = { 'connect-provider': { provider: 'oidc' }, 'second-factor/set-up': {}, 'passkeys/add-options': {}, 'delete-user': {} };

  it.each(Object.entries(own))('needs a sign-in of the last ten minutes instead, for %s', async (path, body) => {
    const { cookie = '' } = await visit(newcomer());
    await run(`update session set created_at = now() - interval '11 minutes'`);
    const late = await post(path, body, cookie);
    expect([late.status, Object(await late.json()).code]).toEqual([403, 'SESSION_NOT_FRESH']);
    await run('update session set created_at = now()');
    expect((await post(path, body, cookie)).status).toBe(200);
    expect(await listOf(cookie).then(({ connections }) => connections?.length)).toBe(path === 'delete-user' ? undefined : 1);
  });

  it('brings a code too, once there is a second factor', async () => {
    const arrival = await visit(newcomer());
    const { cookie = '' } = arrival;
    const { id } = await userOf(arrival);
    const { secret } = Object(await (await post('second-factor/set-up', {}, cookie)).json());
    const { recoveryCodes } = Object(await (await post('second-factor/turn-on', { code: codeOf(secret) }, cookie)).json());
    for (const [path, body] of Object.entries(own)) {
      const answer = await post(path, body, cookie);
      expect([path, answer.status, Object(await answer.json()).code]).toEqual([path, 401, 'SECOND_FACTOR_REQUIRED']);
      expect((await post(path, { ...body, code: 'AAAA-AAAA-AAAA-AAAA' }, cookie)).status).toBe(401);
    }
    expect((await post('delete-user', { code: recoveryCodes[0] }, cookie)).status).toBe(200);
    expect(await run(`select from "user" where id = '${id}'`)).toEqual([]);
  });
});

describe('a provider is disconnected', () => {
  it('by its user, and then signs in to that account no more', async () => {
    const [ada, claims] = [await api.signUp(), newcomer()];
    const cookie = String(ada.headers.cookie.cookie);
    await connect(ada, claims);
    const [{ id }] = (await listOf(cookie)).connections;
    expect((await post('disconnect-provider', { id }, cookie)).status).toBe(200);
    expect((await listOf(cookie)).connections).toEqual([]);
    expect((await userOf(await visit(claims))).id).not.toBe(ada.userId);
  });

  it('not by somebody else, who gets the same answer as for one that does not exist', async () => {
    const [ada, eve] = [await api.signUp(), await api.signUp()];
    await connect(ada, newcomer());
    const [{ id }] = (await listOf(String(ada.headers.cookie.cookie))).connections;
    const answers = await Promise.all([id, randomUUID()].map((each) => post('disconnect-provider', { id: each }, String(eve.headers.cookie.cookie))));
    expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(['{"status":true}', '{"status":true}']);
    expect((await listOf(String(ada.headers.cookie.cookie))).connections).toHaveLength(1);
  });

  it('not if it is the last way to sign in, also when two are removed at a time', async () => {
    const arrival = await visit(newcomer());
    const { cookie = '' } = arrival;
    const user = await userOf(arrival);
    await visit(newcomer(), { cookie, body: { provider: 'oidc', password: '' } });
    const { connections, hasPassword } = await listOf(cookie);
    expect([connections.length, hasPassword]).toEqual([2, false]);
    const answers = await Promise.all(connections.map(({ id }: { id: string }) => post('disconnect-provider', { id }, cookie)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400]);
    const [{ id }] = (await listOf(cookie)).connections;
    const last = await post('disconnect-provider', { id }, cookie);
    expect(Object(await last.json()).code).toBe('LAST_SIGN_IN_WAY');
    expect(await run(`select from account where user_id = '${user.id}'`)).toHaveLength(1);
  });

  it('never the password', async () => {
    const ada = await api.signUp();
    await connect(ada, newcomer());
    const [row] = await run(`select id from account where user_id = '${ada.userId}' and password is not null`);
    expect((await post('disconnect-provider', { id: row?.id }, String(ada.headers.cookie.cookie))).status).toBe(200);
    expect((await listOf(String(ada.headers.cookie.cookie))).hasPassword).toBe(true);
  });
});
