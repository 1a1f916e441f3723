import { type ProviderClaims, providerClaims } from '@todo/contract';
import type { ClientMetadata, Configuration } from 'openid-client';
import { RateLimited } from '../limits/rate-limited.ts';
import { boundedFetch } from './bounded-fetch.ts';
import { ProviderFailure } from './failure.ts';

/** Time limit of each request to a provider, in seconds. */
const REQUEST_MAX_SECONDS = 5;
/** How long what a provider says of itself is kept, in ms. Its keys are kept by the library, and read again for an unknown one. */
const DISCOVERY_MAX_AGE = 3_600_000;
/** Sign-ins that wait for a provider. */
const WAITING_MAX = 20;
const RETRY_SECONDS = 5;
/** How far the clocks of provider and server may differ. */
const CLOCK_TOLERANCE_SECONDS = 30;

export interface ProviderSettings {
  /** Part of the address to which the provider sends the browser back. */
  id: string;
  /** Shown to people. */
  name: string;
  /** Its OpenID Connect issuer identifier. */
  issuer: string;
  clientId: string;
  /** Without it the client is a public one. */
  clientSecret?: string | undefined;
}

/** What binds an answer of the provider to the browser that was sent there. Only that browser has it. */
export interface Checks {
  state: string;
  nonce: string;
  /** The secret of PKCE. */
  verifier: string;
}

export interface Identity {
  issuer: string;
  subject: string;
  /** What the provider says of this person. Throws ProviderFailure. */
  profile(): Promise<ProviderClaims>;
}

export interface Provider {
  id: string;
  name: string;
  issuer: string;
  newChecks(): Promise<Checks>;
  /** Where at the provider the browser goes. Throws ProviderFailure. */
  addressFor(checks: Checks): Promise<string>;
  /** Who has come back with this query. Throws ProviderFailure and RateLimited. */
  identify(query: string, checks: Checks): Promise<Identity>;
}

const isLoopback = ({ hostname }: URL) => ['localhost', '127.0.0.1', '[::1]'].includes(hostname);

/** Everything that OpenID Connect asks of a client is done by `openid-client`: here are the limits, and what is optional there. */
export function createProvider({ clientId, clientSecret, ...shown }: ProviderSettings, redirectUri: string): Provider {
  const issuer = new URL(shown.issuer);
  // It reads the keys of the machine as soon as it is imported.
  const library = () => import('openid-client');

  const discover = async (): Promise<Configuration> => {
    const openid = await library();
    const metadata: Partial<ClientMetadata> = { [openid.clockTolerance]: CLOCK_TOLERANCE_SECONDS };
    const config = await openid.discovery(
      issuer,
      clientId,
      metadata,
      (server, client, body, headers) => {
        const { None, ClientSecretBasic, ClientSecretPost } = openid;
        const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
        const authenticate =
          clientSecret === undefined ? None() : (methods.includes('client_secret_basic') ? ClientSecretBasic : ClientSecretPost)(clientSecret);
        authenticate(server, client, body, headers);
      },
      {
        // Without it the library trusts the connection with the provider, and reads no signature.
        execute: [openid.enableNonRepudiationChecks, ...(isLoopback(issuer) ? [openid.allowInsecureRequests] : [])],
        [openid.customFetch]: boundedFetch,
        timeout: REQUEST_MAX_SECONDS,
      },
    );
    return config;
  };

  let kept: { config: Promise<Configuration>; at: number } | undefined;
  const configuration = (): Promise<Configuration> => {
    if (kept && performance.now() - kept.at < DISCOVERY_MAX_AGE) return kept.config;
    const asked = { config: discover(), at: performance.now() };
    kept = asked;
    asked.config.catch(() => {
      if (kept === asked) kept = undefined;
    });
    return asked.config;
  };

  let waiting = 0;
  const ask = async <Result>(work: (config: Configuration) => Promise<Result>): Promise<Result> => {
    if (waiting >= WAITING_MAX) throw new RateLimited(RETRY_SECONDS);
    waiting += 1;
    try {
      return await work(await configuration());
    } catch (error) {
      const { AuthorizationResponseError } = await library();
      throw new ProviderFailure(error instanceof AuthorizationResponseError ? 'PROVIDER_REFUSED' : 'PROVIDER_FAILED', error);
    } finally {
      waiting -= 1;
    }
  };

  return {
    ...shown,
    newChecks: async () => {
      const { randomState, randomNonce, randomPKCECodeVerifier } = await library();
      return { state: randomState(), nonce: randomNonce(), verifier: randomPKCECodeVerifier() };
    },
    addressFor: ({ state, nonce, verifier }) =>
      ask(async (config) => {
        const { buildAuthorizationUrl, calculatePKCECodeChallenge } = await library();
        const challenge = { code_challenge: await calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' };
        return buildAuthorizationUrl(config, { redirect_uri: redirectUri, scope: 'openid email profile', state, nonce, ...challenge }).href;
      }),
    identify: (query, { state, nonce, verifier }) =>
      ask(async (config) => {
        const { authorizationCodeGrant, fetchUserInfo } = await library();
        const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true };
        const tokens = await authorizationCodeGrant(config, new URL(`${redirectUri}${query}`), checks);
        const claims = providerClaims.parse(tokens.claims());
        const profile = async () => {
          if (claims.email !== undefined || config.serverMetadata().userinfo_endpoint === undefined) return claims;
          const told = await ask(() => fetchUserInfo(config, tokens.access_token, claims.sub));
          return providerClaims.parse({ ...told, iss: claims.iss, sub: claims.sub });
        };
        return { issuer: claims.iss, subject: claims.sub, profile };
      }),
  };
}
