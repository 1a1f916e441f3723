import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { json, startTestApi } from '../testing/api.ts';
import { type HostileProvider, startHostileProvider } from '../testing/oidc/hostile-provider.ts';
import { comeBack, depart } from '../testing/oidc/visit.ts';

let provider: HostileProvider;
beforeAll(async () => {
  provider = await startHostileProvider();
});
afterAll(() => provider[Symbol.asyncDispose]());
afterEach(() => {
  provider.answers = {};
});

const person = () => ({ sub: randomUUID(), email: `${randomUUID()}@example.com` });
const refusedWith = (reason: string) => ({ location: `http://localhost:3000/?error=${reason}`, reason, cookie: undefined });

describe('a provider that does not answer as it should', () => {
  const endless: HostileProvider['answers']['token'] = (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const more = () => void (response.destroyed || response.write('x'.repeat(65_536), () => setImmediate(more)));
    more();
  };
  const elsewhere: HostileProvider['answers']['token'] = (response) => response.writeHead(307, { location: 'http://127.0.0.1:9/token' }).end();
  const cases: [string, HostileProvider['answers'], reason?: string][] = [
    ['never answers', { token: () => {} }],
    ['begins an answer and never ends it', { token: (response) => response.writeHead(200, { 'content-type': 'application/json' }).write('{') }],
    ['answers without end', { token: endless }],
    ['answers with a megabyte', { token: { id_token: 'x'.repeat(1_000_000) } }],
    ['sends the request elsewhere', { token: elsewhere }],
    ['answers with something else', { token: (response) => response.end('<html>') }],
    ['has an error', { token: (response) => response.writeHead(500).end() }],
    ['gives no ID token', { token: { access_token: 'x', token_type: 'Bearer' } }],
    ['has no keys', { keys: { keys: [] } }],
  ];
  it.each(cases)('%s: the browser comes back to the page', async (_, answers) => {
    // Nothing is known of it yet, keys neither.
    await using fresh = await startTestApi({ providers: [provider.settings] });
    const departure = await depart(fresh);
    const code = provider.codeFor(await provider.sign(provider.claims(departure.nonce, person())));
    provider.answers = answers;
    const query = { code, state: departure.state, iss: provider.settings.issuer };
    expect(await comeBack(fresh, query, departure.cookie)).toEqual(refusedWith('PROVIDER_FAILED'));
    expect(fresh.logged).toEqual([expect.stringMatching(/^A sign-in with the provider oidc failed: \w/)]);
    expect(JSON.stringify(fresh.logged)).not.toContain(code);
  });

  it.each<[string, HostileProvider['answers']]>([
    ['never answers', { discovery: () => {} }],
    ['is another issuer', { discovery: { issuer: 'https://issuer.example', authorization_endpoint: 'https://issuer.example/authorize' } }],
    ['answers with a megabyte', { discovery: { issuer: 'x'.repeat(1_000_000) } }],
  ])('%s before anybody is sent there: the page learns it, and may try again', async (_, answers) => {
    await using fresh = await startTestApi({ providers: [provider.settings] });
    provider.answers = answers;
    const answer = await fresh.fetch('/api/auth/sign-in/provider', json({ provider: 'oidc' }));
    expect([answer.status, Object(await answer.json()).code, answer.headers.getSetCookie()]).toEqual([502, 'PROVIDER_FAILED', []]);
    provider.answers = {};
    expect((await depart(fresh)).url.origin).toBe(provider.settings.issuer);
  });

  it('asks it once what it is, however many people come', async () => {
    await using fresh = await startTestApi({ providers: [provider.settings] });
    const before = provider.asked.discovery;
    await Promise.all(Array.from({ length: 10 }, () => depart(fresh)));
    expect(provider.asked.discovery).toBe(before + 1);
  });

  it('can keep at most twenty people waiting', async () => {
    await using fresh = await startTestApi({ providers: [provider.settings] });
    provider.answers.discovery = () => {};
    const asked = Array.from({ length: 22 }, () => fresh.fetch('/api/auth/sign-in/provider', json({ provider: 'oidc' })));
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([...Array(2).fill(429), ...Array(20).fill(502)]);
  });
});
