/**
 * What limits an endpoint: `session` counts its calls by session; `password` needs the password of a session's user, so its calls are counted more narrowly, and
 * wrong passwords too; `sign-in` counts wrong passwords; `sign-up` counts by address.
 */
export type Use = 'session' | 'password' | 'sign-in' | 'sign-up';

/** The endpoints of Better Auth that the product uses. All others are off. */
export const routes: ReadonlyMap<string, Use> = new Map([
  ['POST /sign-up/email', 'sign-up'],
  ['POST /sign-in/email', 'sign-in'],
  ['POST /sign-out', 'session'],
  // The signed-in user; extends the session.
  ['GET /get-session', 'session'],
  // JWTs, and the public keys that verify them.
  ['GET /token', 'session'],
  ['GET /jwks', 'session'],
  ['POST /update-user', 'session'],
  ['POST /change-password', 'password'],
  ['POST /delete-user', 'password'],
  // What a user does about a lost device.
  ['GET /list-sessions', 'session'],
  ['POST /revoke-session', 'session'],
  ['POST /revoke-sessions', 'session'],
  ['POST /revoke-other-sessions', 'session'],
]);
