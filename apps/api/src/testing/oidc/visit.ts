import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { json, type TestApi } from '../api.ts';
import type { HostileProvider } from './hostile-provider.ts';

/** What a browser has after it was sent to a provider. */
export interface Departure {
  /** The address at the provider. */
  url: URL;
  state: string;
  nonce: string;
  /** The cookie that ends it. */
  cookie: string;
}

const nameAndValue = (lines: string[]) => lines.map((line) => line.split(';', 1).join()).join('; ');

/** Sets out for the provider, as a page does. */
export async function depart(api: Pick<TestApi, 'fetch'>, body: object = { provider: 'oidc' }, headers: Record<string, string> = {}): Promise<Departure> {
  const path = 'password' in body ? '/api/auth/connect-provider' : '/api/auth/sign-in/provider';
  const asked = json(body);
  const answer = await api.fetch(path, { ...asked, headers: { ...asked.headers, origin: 'http://localhost:3000', ...headers } });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
  const url = new URL(z.object({ url: z.string() }).parse(await answer.json()).url);
  const [state, nonce] = [url.searchParams.get('state') ?? '', url.searchParams.get('nonce') ?? ''];
  return { url, state, nonce, cookie: nameAndValue(answer.headers.getSetCookie()) };
}

/** Where the browser is after it has come back from the provider, and its session, if it has one. */
export interface Arrival {
  location: string;
  reason: string | null;
  /** Undefined without a session. */
  cookie: string | undefined;
}

/** Comes back with the answer of the provider. */
export async function comeBack(api: Pick<TestApi, 'fetch'>, query: Record<string, string>, cookie: string, id = 'oidc'): Promise<Arrival> {
  const answer = await api.fetch(`/api/auth/callback/${id}?${new URLSearchParams(query)}`, { headers: { cookie }, redirect: 'manual' });
  const location = answer.headers.get('location') ?? `none, but status ${answer.status}`;
  const session = answer.headers.getSetCookie().filter((line) => /^better-auth\.session_token=[^;]/.test(line));
  const reason = URL.canParse(location) ? new URL(location).searchParams.get('error') : null;
  return { location, reason, cookie: session.length > 0 ? nameAndValue(session) : undefined };
}

/** What a provider says of a person. */
export type Claims = { sub: string; email?: string; email_verified?: unknown; name?: unknown };
export const newcomer = () => ({ sub: randomUUID(), email: `${randomUUID()}@example.com`, email_verified: true, name: 'Ada Example' });

/** Goes to the provider and comes back as this person. */
export async function visitAs(
  api: Pick<TestApi, 'fetch'>,
  provider: HostileProvider,
  claims: Claims,
  { cookie = '', body = { provider: 'oidc' } }: { cookie?: string; body?: object },
): Promise<Arrival> {
  const departure = await depart(api, body, cookie ? { cookie } : {});
  const code = provider.codeFor(await provider.sign(provider.claims(departure.nonce, { ...claims })));
  const query = { code, state: departure.state, iss: provider.settings.issuer };
  return comeBack(api, query, [departure.cookie, cookie].filter(Boolean).join('; '));
}
