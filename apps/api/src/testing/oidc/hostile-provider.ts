import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import type { ProviderSettings } from './provider.ts';

/** An answer to one request: JSON, or whatever this does. */
type Answer = object | ((response: ServerResponse) => void);

type Endpoint = 'discovery' | 'keys' | 'token' | 'userinfo';

export interface HostileProvider extends AsyncDisposable {
  settings: ProviderSettings;
  /** Replaces the answers of its endpoints; what is not named is as it should be. */
  answers: Partial<Record<Endpoint, Answer>>;
  /** How many requests each of its endpoints has had. */
  asked: Record<Endpoint, number>;
  /** The claims of a good ID token. */
  claims(nonce: string, claims?: JWTPayload): JWTPayload;
  /** Signs an ID token with the key that the provider publishes, with another one, or not at all. */
  sign(claims: JWTPayload, how?: 'right' | 'other key' | 'none' | 'client secret'): Promise<string>;
  /** A code for which the token endpoint gives this ID token once. */
  codeFor(idToken: string): string;
}

const readBody = async (request: IncomingMessage) => {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return new URLSearchParams(text);
};

/** A provider that does what a test tells it to, on loopback. */
export async function startHostileProvider(): Promise<HostileProvider> {
  const [own, other] = await Promise.all([generateKeyPair('RS256'), generateKeyPair('RS256')]);
  const keys = { keys: [{ ...(await exportJWK(own.publicKey)), kid: 'a key', alg: 'RS256', use: 'sig' }] };
  const tokens = new Map<string, string>();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const issuer = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const clientSecret = randomUUID();

  const good: Record<Endpoint, (request: IncomingMessage) => Promise<object>> = {
    discovery: async () => ({
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      userinfo_endpoint: `${issuer}/userinfo`,
      jwks_uri: `${issuer}/keys`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256', 'HS256', 'none'],
      authorization_response_iss_parameter_supported: true,
    }),
    keys: async () => keys,
    token: async (request) => {
      const code = (await readBody(request)).get('code') ?? '';
      const idToken = tokens.get(code);
      tokens.delete(code);
      if (idToken === undefined) return { error: 'invalid_grant' };
      return { access_token: 'an access token', refresh_token: 'a refresh token', token_type: 'Bearer', expires_in: 60, id_token: idToken };
    },
    userinfo: async () => ({}),
  };
  const endpoints: Record<string, Endpoint> = {
    '/.well-known/openid-configuration': 'discovery',
    '/keys': 'keys',
    '/token': 'token',
    '/userinfo': 'userinfo',
  };
  server.on('request', async (request, response) => {
    const endpoint = endpoints[request.url ?? ''];
    if (!endpoint) return response.writeHead(404).end();
    provider.asked[endpoint] += 1;
    const answer = provider.answers[endpoint] ?? (await good[endpoint](request));
    if (typeof answer === 'function') return answer(response);
    return response.writeHead('error' in answer ? 400 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });

  const provider: HostileProvider = {
    settings: { id: 'oidc', name: 'Example', issuer, clientId: 'todo', clientSecret },
    answers: {},
    asked: { discovery: 0, keys: 0, token: 0, userinfo: 0 },
    claims: (nonce, claims) => {
      const now = Math.floor(Date.now() / 1000);
      return { iss: issuer, sub: randomUUID(), aud: 'todo', nonce, iat: now, exp: now + 60, ...claims };
    },
    sign: async (claims, how = 'right') => {
      if (how === 'none') return new UnsecuredJWT(claims).encode();
      if (how === 'client secret') return new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(clientSecret));
      return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'a key' }).sign(how === 'right' ? own.privateKey : other.privateKey);
    },
    codeFor: (idToken) => {
      const code = randomUUID();
      tokens.set(code, idToken);
      return code;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return provider;
}
