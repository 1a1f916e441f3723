import { misplaced } from './error.ts';
import type { CallOptions } from './limit.ts';
import type { Answer } from './request.ts';
import type { AskEndpoint, Proof } from './sessions.ts';

/** The authenticator app of the signed-in user, whose code every sign-in with a password then needs. A code works once. */
export interface SecondFactor {
  /** `enabledAt` is null if there is none. */
  status(options?: CallOptions): Promise<{ enabledAt: string | null; recoveryCodesLeft: number }>;
  /**
   * Makes a secret: `uri` is for a QR code, which an app reads, `secret` for typing. It has no effect before turnOn, for which there is an hour. Fails with
   * SECOND_FACTOR_ON, and as `Proof` says.
   */
  setUp(input: Proof, options?: CallOptions): Promise<{ uri: string; secret: string }>;
  /** Takes the first code, and returns recovery codes, which nobody can see again. Each signs in once, without the app. Fails with CODE_WRONG and SECOND_FACTOR_OFF. */
  turnOn(input: { code: string }, options?: CallOptions): Promise<string[]>;
  /** Returns new recovery codes; the former ones end. Fails with SECOND_FACTOR_OFF, and as `Proof` says. */
  renewRecoveryCodes(input: Proof, options?: CallOptions): Promise<string[]>;
  /** Fails with SECOND_FACTOR_OFF, and as `Proof` says. */
  turnOff(input: Proof, options?: CallOptions): Promise<void>;
}

export function createSecondFactor(ask: AskEndpoint): SecondFactor {
  const codesIn = ({ content, status }: Answer) => {
    if (!content?.recoveryCodes) throw misplaced({ status });
    return content.recoveryCodes;
  };
  return {
    status: async (options) => {
      const { content, status } = await ask('second-factor', undefined, options);
      if (content?.recoveryCodesLeft === undefined) throw misplaced({ status });
      return { enabledAt: content.enabledAt ?? null, recoveryCodesLeft: content.recoveryCodesLeft };
    },
    setUp: async ({ password, code }, options) => {
      const { content, status } = await ask('second-factor/set-up', { password, code }, options);
      if (content?.uri === undefined || content.secret === undefined) throw misplaced({ status });
      return { uri: content.uri, secret: content.secret };
    },
    turnOn: async ({ code }, options) => codesIn(await ask('second-factor/turn-on', { code }, options)),
    renewRecoveryCodes: async ({ password, code }, options) => codesIn(await ask('second-factor/recovery-codes', { password, code }, options)),
    turnOff: async ({ password, code }, options) => {
      await ask('second-factor/turn-off', { password, code }, options);
    },
  };
}
