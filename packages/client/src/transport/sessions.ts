import { misplaced } from './error.ts';
import type { CallOptions } from './limit.ts';
import type { Answer } from './request.ts';

/** A place where the user is signed in. */
export interface SignedInDevice {
  id: string;
  /** Browser and system, such as "Firefox on Windows"; null if they are not known. */
  device: string | null;
  /** The address from which it was begun, if the server knows it. */
  ipAddress: string | null;
  /** ISO-8601. */
  createdAt: string;
  /** ISO-8601. Later uses on the same day are not recorded. */
  lastUsedAt: string;
  /** Whether it is the session of this client. */
  isCurrent: boolean;
}

/** The sessions of the signed-in user. A session that is revoked ends at once, and the JWTs that it was given within a minute. */
export interface Sessions {
  /** The latest used first. */
  list(options?: CallOptions): Promise<SignedInDevice[]>;
  /** Ends a session. Does nothing if there is no such session. */
  revoke(id: string, options?: CallOptions): Promise<void>;
  /** Ends all sessions but that of this client. */
  revokeOthers(options?: CallOptions): Promise<void>;
}

/**
 * How the signed-in user proves who it is. Fails with CREDENTIALS_WRONG without the password, if the account has one, otherwise with SIGN_IN_AGAIN ten minutes after the
 * sign-in; and if there is a second factor, with SECOND_FACTOR_REQUIRED without a code, and with CODE_WRONG.
 */
export interface Proof {
  password?: string | undefined;
  code?: string | undefined;
}

/** Calls an endpoint as the user for whom the client acts, with a POST if there is a body. */
export type AskEndpoint = (path: string, body: object | undefined, options: CallOptions | undefined) => Promise<Answer>;

export const createSessions = (ask: AskEndpoint): Sessions => ({
  list: async (options) => {
    const { content, status } = await ask('list-sessions', undefined, options);
    if (!content?.sessions) throw misplaced({ status });
    return content.sessions;
  },
  revoke: async (id, options) => {
    await ask('revoke-session', { id }, options);
  },
  revokeOthers: async (options) => {
    await ask('revoke-other-sessions', {}, options);
  },
});
