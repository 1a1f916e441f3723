/**
 * What limits an endpoint: `session` counts its calls by session; `password` needs the password of a session's user, so its calls are counted more narrowly, and
 * wrong passwords too; `sign-in` counts wrong passwords; `sign-up` counts by address.
 */
export type Use = 'session' | 'password' | 'sign-in' | 'sign-up';

/** What the log and the metrics call a request that changed who is signed in, or tried to. */
export const authEvents = ['signed_up', 'signed_in', 'sign_in_failed', 'signed_out', 'password_changed', 'account_deleted'] as const;
export type AuthEventName = (typeof authEvents)[number];

export interface Route {
  use: Use;
  /** The event of a successful request, and of one whose password is wrong. */
  event?: AuthEventName;
  failure?: AuthEventName;
}

const session: Route = { use: 'session' };

/** The endpoints of Better Auth that the product uses. All others are off. */
export const routes: ReadonlyMap<string, Route> = new Map([
  ['POST /sign-up/email', { use: 'sign-up', event: 'signed_up' }],
  ['POST /sign-in/email', { use: 'sign-in', event: 'signed_in', failure: 'sign_in_failed' }],
  ['POST /sign-out', { use: 'session', event: 'signed_out' }],
  // The signed-in user; extends the session.
  ['GET /get-session', session],
  // JWTs, and the public keys that verify them.
  ['GET /token', session],
  ['GET /jwks', session],
  ['POST /update-user', session],
  ['POST /change-password', { use: 'password', event: 'password_changed' }],
  ['POST /delete-user', { use: 'password', event: 'account_deleted' }],
  // What a user does about a lost device.
  ['GET /list-sessions', session],
  ['POST /revoke-session', session],
  ['POST /revoke-sessions', session],
  ['POST /revoke-other-sessions', session],
]);
