import { LONG_CALL_MAX_MS, type SignInWays } from '@todo/contract';
import { type Connections, createConnections } from './connections.ts';
import { createEmailAddress, type EmailAddress } from './email-address.ts';
import { misplaced, refusal, TodoError } from './error.ts';
import { type CallOptions, type Limit, throwIfAborted, within } from './limit.ts';
import { createPasskeys, type Passkeys, signedChallenge } from './passkeys.ts';
import type { Answer } from './request.ts';
import { createSecondFactor, type SecondFactor } from './second-factor.ts';
import { createSecurityEvents, type SecurityEvents } from './security-events.ts';
import type { Session } from './session.ts';
import { type AskEndpoint, createSessions, type Proof, type Sessions } from './sessions.ts';
import { createSignInLinks, type SignInLinks } from './sign-in-links.ts';

export interface User {
  id: string;
  name: string;
  email: string;
  emailVerified: boolean;
}

/** The client acts for the user whom signUp, signIn or currentUser last returned; before that, for whoever is signed in at its first call. */
export interface Account {
  /** What this server offers to people who are not signed in. */
  signInWays(options?: CallOptions): Promise<SignInWays>;
  /**
   * Creates an account and signs in. Fails with EMAIL_TAKEN, INVALID_INPUT for a password of less than 8 characters, PASSWORD_TOO_COMMON for one that attackers try
   * first, SIGN_UP_CLOSED where it needs the token of an invitation or nobody can, or INVITATION_INVALID. Where addresses must be verified first, it creates the account and
   * fails with EMAIL_NOT_VERIFIED: a mail is on its way.
   */
  signUp(input: { name: string; email: string; password: string; invitation?: string | undefined }, options?: CallOptions): Promise<User>;
  /** Fails with CREDENTIALS_WRONG; and if the account has a second factor, with SECOND_FACTOR_REQUIRED without a code, and with CODE_WRONG. Where addresses must be verified, with EMAIL_NOT_VERIFIED; `verification` is the token of a mail. */
  signIn(input: { email: string; password: string; code?: string | undefined; verification?: string | undefined }, options?: CallOptions): Promise<User>;
  /**
   * Has the browser ask for one of its passkeys, and signs its owner in: it is two factors in one. Fails with PASSKEY_MISSING if the browser gives none, and with
   * PASSKEY_REFUSED if it is not known.
   */
  signInWithPasskey(options?: CallOptions): Promise<User>;
  /**
   * Signs in with the token of such a link as `signInLinks` sends, and for a client that keeps its session itself with the secret of that request. Fails with LINK_ELSEWHERE
   * in a browser that has not asked for one, with TOKEN_INVALID if the link was used, is too old or is another client's, and for a second factor as signIn does.
   */
  signInWithLink(input: { token: string; secret?: string | null; code?: string | undefined }, options?: CallOptions): Promise<User>;
  /**
   * Sends a mail with a link to set a new password, if there is an account with this e-mail address; the answer does not tell. Fails with MAIL_OFF if the server
   * sends no mail.
   */
  requestPasswordReset(input: { email: string }, options?: CallOptions): Promise<void>;
  /**
   * Sets a new password with the token of such a link, and ends all sessions. It signs nobody in. Fails with TOKEN_INVALID if the token was used or is an hour old,
   * and for a password as signUp does.
   */
  resetPassword(input: { token: string; password: string }, options?: CallOptions): Promise<void>;
  /** Sets a new password, and ends all sessions but that of this client. Fails with CREDENTIALS_WRONG, for a second factor as signIn does, and for the new password as signUp does. */
  changePassword(input: { currentPassword: string; newPassword: string; code?: string | undefined }, options?: CallOptions): Promise<void>;
  /** The signed-in user, or null. A session expires 30 days after its last use. */
  currentUser(options?: CallOptions): Promise<User | null>;
  /** Ends the session on the server. The stored token is cleared even if the request fails, unless another user has signed in. */
  signOut(options?: CallOptions): Promise<void>;
  /** Permanently deletes the account with all its tasks. Fails as `Proof` says. */
  deleteAccount(input: Proof, options?: CallOptions): Promise<void>;
  /** Links that sign in. */
  signInLinks: SignInLinks;
  /** Accounts at other providers. */
  connections: Connections;
  /** The authenticator app that is asked for beside the password. */
  secondFactor: SecondFactor;
  /** The e-mail address of the account. */
  email: EmailAddress;
  /** Keys that sign in alone. */
  passkeys: Passkeys;
  /** Where the user is signed in. */
  sessions: Sessions;
  /** What happened to the account. */
  securityEvents: SecurityEvents;
  /**
   * Calls the listener with the id of the user who is signed in now, or null, whenever that is another one than before: by this client, or by another tab.
   * In the latter case every call fails with USER_CHANGED until currentUser or signIn returns that user. Returns a function that unsubscribes it.
   */
  onUserChange(listener: (userId: string | null) => void): () => void;
}

function userIn({ status, content }: Answer): User {
  if (!content?.user) throw misplaced({ status });
  const { id, name, email, emailVerified } = content.user;
  return { id, name, email, emailVerified };
}

export function createAccount(authUrl: string, session: Session, timeoutMs: number, linkBinding: 'cookie' | 'answer'): Account {
  const limited = <Result>(options: CallOptions | undefined, work: (limit: Limit) => Promise<Result>, longestMs = timeoutMs) =>
    within(options?.timeoutMs ?? longestMs, options?.signal, work);

  const ask = async (path: string, init: RequestInit, isOwn = false): Promise<Answer> => {
    const answer = await session.ask(`${authUrl}/${path}`, init, isOwn);
    if (!answer.ok) throw refusal(answer);
    return answer;
  };
  const jsonOf = (body: object, { signal }: Limit): RequestInit => ({
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal,
  });

  const askAs =
    (isOwn: boolean): AskEndpoint =>
    (path, body, options) =>
      limited(options, (limit) => ask(path, body ? jsonOf(body, limit) : { signal: limit.signal }, isOwn));
  const askOwn = askAs(true);

  const authenticate = (path: string, body: object, options?: CallOptions): Promise<User> =>
    limited(options, async (limit) => {
      const answer = await ask(path, jsonOf(body, limit));
      const user = userIn(answer);
      if (answer.content?.token === null) throw new TodoError('EMAIL_NOT_VERIFIED', 'Open the link of the mail that was sent to this address, then sign in.');
      await session.keep(user.id, answer, limit.signal);
      return user;
    });

  const currentUser = (options?: CallOptions) =>
    limited(options, async ({ signal }) => {
      const answer = await ask('get-session', { signal });
      const user = answer.content === null ? null : userIn(answer);
      throwIfAborted(signal);
      session.found(user?.id ?? null);
      return user;
    });

  return {
    signInWays: (options) =>
      limited(options, async ({ signal }) => {
        const { content, status } = await ask('ways', { signal });
        if (!content?.ways) throw misplaced({ status });
        return content.ways;
      }),
    signUp: async ({ name, email, password, invitation }, options) => {
      try {
        return await authenticate('sign-up/email', { name, email, password, invitation }, options);
      } catch (error) {
        // The token of a mailed invitation has verified the address.
        if (invitation === undefined || !(error instanceof TodoError && error.reason === 'EMAIL_NOT_VERIFIED')) throw error;
        return authenticate('sign-in/email', { email, password }, options);
      }
    },
    signIn: async ({ email, password, code, verification }, options) => {
      const user = await authenticate('sign-in/email', { email, password, code, verification }, options);
      // The answer says how it was before.
      return verification === undefined ? user : ((await currentUser(options)) ?? user);
    },
    signInWithPasskey: async (options) => {
      const challenge = await limited(options, (limit) => ask('passkeys/sign-in-options', jsonOf({}, limit)));
      return authenticate('passkeys/sign-in', { response: await signedChallenge(challenge, options) }, options);
    },
    signInWithLink: ({ token, secret, code }, options) => authenticate('sign-in/link', { token, secret: secret ?? undefined, code }, options),
    requestPasswordReset: ({ email }, options) =>
      limited(options, async (limit) => {
        await ask('request-password-reset', jsonOf({ email }, limit));
      }),
    resetPassword: ({ token, password }, options) =>
      limited(options, async (limit) => {
        await ask('reset-password', jsonOf({ token, newPassword: password }, limit));
      }),
    changePassword: ({ currentPassword, newPassword, code }, options) =>
      limited(options, async (limit) => {
        await ask('change-password', jsonOf({ currentPassword, newPassword, code }, limit), true);
      }),
    currentUser,
    signOut: async (options) => {
      let isKept = false;
      try {
        await limited(options, (limit) => ask('sign-out', jsonOf({}, limit), true));
      } catch (error) {
        isKept = error instanceof TodoError && error.reason === 'USER_CHANGED';
        throw error;
      } finally {
        await within(timeoutMs, undefined, () => session.end(isKept));
      }
    },
    deleteAccount: ({ password, code }, options) =>
      limited(
        options,
        async (limit) => {
          await ask('delete-user', jsonOf({ password, code }, limit), true);
          await session.end(false);
        },
        LONG_CALL_MAX_MS,
      ),
    signInLinks: createSignInLinks(askAs(false), linkBinding),
    connections: createConnections(askOwn, askAs(false)),
    email: createEmailAddress(askOwn, askAs(false)),
    secondFactor: createSecondFactor(askOwn),
    passkeys: createPasskeys(askOwn),
    sessions: createSessions(askOwn),
    securityEvents: createSecurityEvents(askOwn),
    onUserChange: (listener) => session.subscribe((userId) => queueMicrotask(() => listener(userId))),
  };
}
