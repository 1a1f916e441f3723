import { randomUUID } from 'node:crypto';
import { inspect } from '@todo/db/testing';
import type { JWTPayload } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/api.ts';
import { type HostileProvider, startHostileProvider } from '../testing/oidc/hostile-provider.ts';
import { type Arrival, comeBack, type Departure, depart } from '../testing/oidc/visit.ts';

let provider: HostileProvider;
let second: HostileProvider;
let api: TestApi;
beforeAll(async () => {
  provider = await startHostileProvider();
  second = await startHostileProvider();
  api = await startTestApi({ providers: [provider.settings, { ...second.settings, id: 'second' }] });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  for (const each of [provider, second]) await each[Symbol.asyncDispose]();
});
afterEach(() => {
  provider.answers = {};
});

const person = () => ({ sub: randomUUID(), email: `${randomUUID()}@example.com`, email_verified: true, name: 'Ada' });
const count = async (table: string) => Number((await inspect(api.database.superuserUrl, `select count(*)::int as rows from "${table}"`))[0]?.rows);
const counts = async () => [await count('user'), await count('session'), await count('account')];

/** Comes back with a good code for these claims. `how` changes what is wrong. */
interface Attempt {
  claims?: JWTPayload;
  how?: Parameters<HostileProvider['sign']>[1];
  query?: Record<string, string>;
  cookie?: string;
  id?: string;
  from?: Departure;
}
async function arrive({ claims = person(), how, query, cookie, id, from }: Attempt = {}): Promise<Arrival> {
  const departure = from ?? (await depart(api));
  const code = provider.codeFor(await provider.sign(provider.claims(departure.nonce, claims), how));
  return comeBack(api, { code, state: departure.state, iss: provider.settings.issuer, ...query }, cookie ?? departure.cookie, id);
}
const refusedWith = (reason: string) => ({ location: `http://localhost:3000/?error=${reason}`, reason, cookie: undefined });

it('without an attack somebody signs in', async () => {
  const arrival = await arrive();
  expect(arrival).toMatchObject({ location: 'http://localhost:3000/', reason: null });
  expect((await api.fetch('/trpc/tasks.list', { headers: { cookie: arrival.cookie ?? '' } })).status).toBe(200);
});

describe('nobody is signed in and nothing is stored', () => {
  const forged: [string, JWTPayload, Attempt['how']?][] = [
    ['signed by another key with the same id', {}, 'other key'],
    ['that is not signed, although the provider says that it may', {}, 'none'],
    ['signed with the secret of the client', {}, 'client secret'],
    ['with the nonce of another sign-in', { nonce: 'another' }],
    ['without a nonce', { nonce: undefined }],
    ['for another client', { aud: 'another' }],
    ['for several clients, given to another one', { aud: ['todo', 'another'], azp: 'another' }],
    ['of another issuer', { iss: 'https://issuer.example' }],
    ['that has expired', { exp: 1_700_000_000 }],
    ['without an expiry', { exp: undefined }],
    ['that is not valid yet', { nbf: 4_000_000_000 }],
    ['without a subject', { sub: undefined }],
    ['with an empty subject', { sub: '' }],
    ['whose subject is a number', Object({ sub: 5 })],
    ['with too long a subject', { sub: 'x'.repeat(256) }],
    ['whose subject cannot be stored', { sub: 'a\0b' }],
  ];
  it.each(forged)('by an ID token %s', async (_, claims, how) => {
    const before = await counts();
    expect(await arrive({ claims: { ...person(), ...claims }, how })).toEqual(refusedWith('PROVIDER_FAILED'));
    expect(await counts()).toEqual(before);
  });

  it('by an answer that another browser was sent for, or none', async () => {
    const before = await counts();
    const [mine, other] = [await depart(api), await depart(api)];
    expect(await arrive({ from: mine, cookie: other.cookie })).toEqual(refusedWith('PROVIDER_FAILED'));
    expect(await arrive({ from: mine, query: { state: other.state } })).toEqual(refusedWith('PROVIDER_FAILED'));
    for (const cookie of ['', 'better-auth.provider=', 'better-auth.provider=00', mine.cookie.slice(0, -2)])
      expect(await arrive({ from: mine, cookie })).toEqual(refusedWith('SIGN_IN_EXPIRED'));
    expect(await counts()).toEqual(before);
  });

  it('by an answer that does not say the state, or says that it is of another issuer', async () => {
    const before = await counts();
    const { state: _, ...without } = { state: '', iss: provider.settings.issuer };
    const departure = await depart(api);
    expect(await comeBack(api, { code: 'a code', ...without }, departure.cookie)).toEqual(refusedWith('PROVIDER_FAILED'));
    expect(await arrive({ query: { iss: second.settings.issuer } })).toEqual(refusedWith('PROVIDER_FAILED'));
    expect(await arrive({ id: 'second' })).toEqual(refusedWith('SIGN_IN_EXPIRED'));
    expect(await arrive({ id: 'third' })).toEqual(refusedWith('SIGN_IN_EXPIRED'));
    expect(await counts()).toEqual(before);
  });

  it('by a code that was used before', async () => {
    const departure = await depart(api);
    const code = provider.codeFor(await provider.sign(provider.claims(departure.nonce, person())));
    const query = { code, state: departure.state, iss: provider.settings.issuer };
    expect((await comeBack(api, query, departure.cookie)).reason).toBe(null);
    const before = await counts();
    expect(await comeBack(api, query, departure.cookie)).toEqual(refusedWith('PROVIDER_FAILED'));
    expect(await counts()).toEqual(before);
  });

  it('by a provider that tells of another person than its ID token', async () => {
    const before = await counts();
    const { email: _, ...claims } = person();
    provider.answers.userinfo = { ...person() };
    expect(await arrive({ claims })).toEqual(refusedWith('PROVIDER_FAILED'));
    expect(await counts()).toEqual(before);
  });

  it('when the provider refuses', async () => {
    const { state, cookie } = await depart(api);
    const query = { error: 'access_denied', error_description: '<script>', state, iss: provider.settings.issuer };
    expect(await comeBack(api, query, cookie)).toEqual(refusedWith('PROVIDER_REFUSED'));
  });
});

describe('an e-mail address that somebody has', () => {
  it('does not sign in to the account, which the provider has nothing to do with', async () => {
    const ada = await api.signUp();
    const before = await counts();
    expect(await arrive({ claims: { ...person(), email: ada.email.toUpperCase() } })).toEqual(refusedWith('EMAIL_TAKEN'));
    expect(await counts()).toEqual(before);
  });

  it('may be that of a person at the provider who signs in by their subject', async () => {
    const claims = person();
    await arrive({ claims });
    const before = await counts();
    expect(await arrive({ claims: { ...person(), email: claims.email } })).toEqual(refusedWith('EMAIL_TAKEN'));
    expect((await arrive({ claims: { ...claims, email: `${randomUUID()}@example.com` } })).reason).toBe(null);
    expect(await counts()).toEqual([before[0], Number(before[1]) + 1, before[2]]);
  });

  it('is needed, and one that is no address counts as none', async () => {
    for (const email of [undefined, 'ada', `${'a'.repeat(250)}@example.com`, 5]) {
      expect(await arrive({ claims: { ...person(), email } })).toEqual(refusedWith('PROVIDER_FAILED'));
      const { sub, ...rest } = person();
      provider.answers.userinfo = { ...rest, sub, email };
      expect(await arrive({ claims: { sub } })).toEqual(refusedWith('EMAIL_MISSING'));
      provider.answers = {};
    }
  });
});
