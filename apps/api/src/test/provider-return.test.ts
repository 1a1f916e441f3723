import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { json, startTestApi, type TestApi } from '../testing/api.ts';
import { type HostileProvider, startHostileProvider } from '../testing/oidc/hostile-provider.ts';
import { comeBack, type Departure, depart } from '../testing/oidc/visit.ts';

let provider: HostileProvider;
let api: TestApi;
beforeAll(async () => {
  provider = await startHostileProvider();
  api = await startTestApi({ providers: [provider.settings], trustedOrigins: ['https://app.example.com'] });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
});

async function arrive({ from }: { from: Departure }) {
  const claims = provider.claims(from.nonce, { email: `${randomUUID()}@example.com` });
  return comeBack(api, { code: provider.codeFor(await provider.sign(claims)), state: from.state, iss: provider.settings.issuer }, from.cookie);
}

describe('the page that is returned to', () => {
  it.each(['http://localhost:3000/#/account', 'http://localhost:3000/todo?a=b#c', 'https://app.example.com/x'])('may be %s', async (returnTo) => {
    expect((await arrive({ from: await depart(api, { provider: 'oidc', returnTo }) })).location).toBe(returnTo);
    const { state, cookie } = await depart(api, { provider: 'oidc', returnTo });
    const refused = await comeBack(api, { error: 'access_denied', state, iss: provider.settings.issuer }, cookie);
    expect([refused.reason, new URL(refused.location).origin, new URL(refused.location).hash]).toEqual([
      'PROVIDER_REFUSED',
      new URL(returnTo).origin,
      new URL(returnTo).hash,
    ]);
  });

  it.each([
    'https://evil.example/',
    'http://localhost:3001/',
    'https://localhost:3000/',
    'http://localhost:3000@evil.example/',
    'http://localhost:3000.evil.example/',
    'https://app.example.com.evil.example',
    '//evil.example',
    '/\\evil.example',
    'javascript:alert(1)',
    'data:text/html,x',
    `http://localhost:3000/${'x'.repeat(500)}`,
    `http://localhost:3000/${'ü'.repeat(200)}`,
  ])('is not %s', async (returnTo) => {
    const answer = await api.fetch('/api/auth/sign-in/provider', json({ provider: 'oidc', returnTo }));
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([400, []]);
  });
});
