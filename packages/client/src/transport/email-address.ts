import type { CallOptions } from './limit.ts';
import type { AskEndpoint, Proof } from './sessions.ts';

/** The e-mail address of an account. */
export interface EmailAddress {
  /**
   * Sends a mail with a link to verify the address, if there is an account with it that has not been verified; the answer does not tell. Fails with MAIL_OFF if the
   * server sends no mail.
   */
  requestVerification(input: { email: string }, options?: CallOptions): Promise<void>;
  /** Verifies the address of the signed-in user with the token of such a link. Fails with TOKEN_INVALID if it was used, is an hour old, or is for another account. */
  verify(input: { token: string }, options?: CallOptions): Promise<void>;
  /**
   * Sends a mail with a link to another address for the account, unless another account has it; the answer does not tell. The former request ends, if there is one. Fails with
   * EMAIL_SAME for the address that the account has, with MAIL_OFF, and as `Proof` says.
   */
  requestChange(input: { email: string } & Proof, options?: CallOptions): Promise<void>;
  /**
   * Gives the signed-in user this address with the token of such a link, and ends all sessions but that of this client. Fails with TOKEN_INVALID if the token was used, is an
   * hour old, or is for another account or address, and with EMAIL_TAKEN if another account has got the address meanwhile.
   */
  confirmChange(input: { email: string; token: string }, options?: CallOptions): Promise<void>;
}

export const createEmailAddress = (ask: AskEndpoint, askAsAnybody: AskEndpoint): EmailAddress => ({
  requestVerification: async ({ email }, options) => {
    await askAsAnybody('send-verification-email', { email }, options);
  },
  verify: async ({ token }, options) => {
    await ask('verify-email', { token }, options);
  },
  requestChange: async ({ email, password, code }, options) => {
    await ask('request-email-change', { email, password, code }, options);
  },
  confirmChange: async ({ email, token }, options) => {
    await ask('confirm-email-change', { email, token }, options);
  },
});
