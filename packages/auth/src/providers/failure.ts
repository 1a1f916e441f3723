import type { Reason } from '@todo/contract';

/** Why a sign-in with a provider, or its connection with an account, has come to nothing. `cause` is for the log. */
export class ProviderFailure extends Error {
  override readonly name = 'ProviderFailure';
  readonly reason: Reason;

  constructor(reason: Reason, cause?: unknown) {
    super(reason, { cause });
    this.reason = reason;
  }
}
