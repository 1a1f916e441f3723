import type { AuthEventName } from '@todo/contract';

/**
 * What limits an endpoint: `session` counts its calls by session; `password` needs the password of a session's user, so its calls are counted more narrowly, and
 * wrong passwords too; `sign-in` counts wrong passwords; `sign-up` counts by address; `mail` sends a mail to whatever address it names; `provider` calls a provider
 * for anybody; `link` sends a link that signs in, or signs in by one.
 */
export type Use = 'session' | 'password' | 'sign-in' | 'sign-up' | 'mail' | 'provider' | 'link';

export interface Route {
  use: Use;
  /** The event of a successful request, and of one whose password is wrong. */
  event?: AuthEventName;
  failure?: AuthEventName;
  /** A session that begins here needs no code: the account is new, or the way of signing in is two factors by itself. */
  isExemptFromCode?: true;
  /** A browser shows what it answers, so each answer leads to the page. */
  isPage?: true;
  /** What the mail is for that it sends, if the server sends any. */
  mail?: 'password-reset' | 'verification';
  /** How such a request signs in. */
  way?: string;
}

const session: Route = { use: 'session' };

/** Where all of them are. */
export const BASE_PATH = '/api/auth';

/** The endpoints of Better Auth that the product uses. All others are off. */
export const routes: ReadonlyMap<string, Route> = new Map([
  // What the server offers to people without a session.
  ['GET /ways', session],
  ['POST /sign-up/email', { use: 'sign-up', event: 'signed_up', way: 'password', isExemptFromCode: true }],
  ['POST /sign-in/email', { use: 'sign-in', event: 'signed_in', failure: 'sign_in_failed', way: 'password' }],
  ['POST /sign-out', { use: 'session', event: 'signed_out' }],
  // The signed-in user; extends the session.
  ['GET /get-session', session],
  // JWTs, and the public keys that verify them.
  ['GET /token', session],
  ['GET /jwks', session],
  ['POST /update-user', session],
  ['POST /change-password', { use: 'password', event: 'password_changed' }],
  // A forgotten password.
  ['POST /request-password-reset', { use: 'mail', mail: 'password-reset' }],
  ['POST /reset-password', { use: 'password', event: 'password_reset' }],
  // Whether the address is the user's own.
  ['POST /send-verification-email', { use: 'mail', mail: 'verification' }],
  ['POST /verify-email', { use: 'session', event: 'email_verified' }],
  ['POST /request-email-change', { use: 'password', event: 'email_change_requested' }],
  ['POST /confirm-email-change', { use: 'session', event: 'email_changed' }],
  ['POST /delete-user', { use: 'password', event: 'account_deleted' }],
  // An authenticator app beside the password.
  ['GET /second-factor', session],
  ['POST /second-factor/set-up', { use: 'password' }],
  ['POST /second-factor/turn-on', { use: 'password', event: 'second_factor_on' }],
  ['POST /second-factor/recovery-codes', { use: 'password', event: 'recovery_codes_made' }],
  ['POST /second-factor/turn-off', { use: 'password', event: 'second_factor_off' }],
  // Signing in by the link of a mail.
  ['POST /request-sign-in-link', { use: 'link' }],
  ['POST /sign-in/link', { use: 'link', event: 'signed_in', failure: 'sign_in_failed', way: 'mail' }],
  // Accounts at other providers.
  ['POST /sign-in/provider', { use: 'provider' }],
  ['GET /callback/:id', { use: 'provider', event: 'signed_in', isPage: true, isExemptFromCode: true }],
  ['POST /connect-provider', { use: 'password' }],
  ['GET /list-connections', session],
  ['POST /disconnect-provider', session],
  // Passkeys.
  ['GET /passkeys', session],
  ['POST /passkeys/add-options', { use: 'password' }],
  ['POST /passkeys/add', { use: 'session', event: 'passkey_added' }],
  ['POST /passkeys/rename', session],
  ['POST /passkeys/remove', session],
  ['POST /passkeys/sign-in-options', session],
  ['POST /passkeys/sign-in', { use: 'session', event: 'signed_in', failure: 'sign_in_failed', way: 'passkey', isExemptFromCode: true }],
  // What a user does about a lost device.
  ['GET /list-sessions', session],
  ['POST /revoke-session', session],
  ['POST /revoke-sessions', session],
  ['POST /revoke-other-sessions', session],
  ['GET /list-security-events', session],
]);

/** The route of a request; the path is the one below /api/auth. */
export const routeOf = (method: string, path: string): Route | undefined => routes.get(`${method} ${path.replace(/^\/callback\/[a-z\d-]+$/, '/callback/:id')}`);

/** All endpoints of an instance of Better Auth, as `METHOD /path`. */
export const endpointsOf = (api: object): string[] =>
  Object.values(api).flatMap((endpoint): string[] => {
    const { path, options } = Object(endpoint);
    return path ? [options.method].flat().map((method) => `${method} ${path}`) : [];
  });
