import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/api.ts';
import { invite } from '../testing/invite.ts';
import { type HostileProvider, startHostileProvider } from '../testing/oidc/hostile-provider.ts';
import { type Claims, newcomer, visitAs } from '../testing/oidc/visit.ts';

let provider: HostileProvider;
let api: TestApi;
beforeAll(async () => {
  provider = await startHostileProvider();
  api = await startTestApi({ providers: [provider.settings], signUp: 'invitation' });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
});

const run = (text: string) => inspect(api.database.superuserUrl, text);
const visit = (claims: Claims, invitation?: string, target = api) => visitAs(target, provider, claims, { body: { provider: 'oidc', invitation } });
const hasAccount = async ({ sub }: Claims) => (await run(`select from account where account_id = '${sub}'`)).length > 0;
const isVerified = async (email: string) => (await run(`select email_verified from "user" where email = '${email}'`))[0]?.email_verified;

it('who was invited creates the account with a provider, once, and signs in with it from then on', async () => {
  const claims = newcomer();
  const token = await invite(api, claims.email);
  expect(await visit(claims, token)).toMatchObject({ reason: null, cookie: expect.any(String) });
  expect(await run(`select from verification where value = 'invitation:${claims.email}'`)).toEqual([]);
  expect(await visit(claims)).toMatchObject({ reason: null, cookie: expect.any(String) });
  const other = { ...newcomer(), email: claims.email };
  expect(await visit(other, token)).toMatchObject({ reason: 'EMAIL_TAKEN', cookie: undefined });
});

it.each([
  [undefined, 'SIGN_UP_CLOSED'],
  ['x'.repeat(32), 'INVITATION_INVALID'],
])('with the invitation %s a provider makes no account', async (token, reason) => {
  const claims = newcomer();
  expect(await visit(claims, token)).toMatchObject({ reason, cookie: undefined });
  expect(await hasAccount(claims)).toBe(false);
});

it('an invitation of another address makes none, and is left to whom it was for', async () => {
  const [ada, eve] = [newcomer(), newcomer()];
  const token = await invite(api, ada.email);
  expect(await visit(eve, token)).toMatchObject({ reason: 'INVITATION_INVALID', cookie: undefined });
  expect(await hasAccount(eve)).toBe(false);
  expect(await visit(ada, token)).toMatchObject({ reason: null });
});

it('where nobody may create an account, an invitation counts for nothing', async () => {
  await using closed = await startTestApi({ appUrl: api.database.appUrl, secret: api.secret, providers: [provider.settings], signUp: 'closed' });
  const claims = newcomer();
  expect(await visit(claims, await invite(api, claims.email), closed)).toMatchObject({ reason: 'SIGN_UP_CLOSED', cookie: undefined });
});

it.each([
  ['mail', false, true],
  ['hand', false, false],
  ['hand', true, true],
] as const)('an invitation by %s, of an address that the provider says is verified: %s, verifies it: %s', async (way, email_verified, verified) => {
  const claims = { ...newcomer(), email_verified };
  await visit(claims, await invite(api, claims.email, way));
  expect(await isVerified(claims.email)).toBe(verified);
});
