import { createHmac } from 'node:crypto';
import { symmetricDecrypt, symmetricEncrypt } from 'better-auth/crypto';

export interface Encryption {
  /** Names the current secret. It says nothing of it. */
  keyId: string;
  /** With the current secret. */
  encrypt(text: string): Promise<string>;
  /** With whichever secret it was encrypted; undefined if that is gone. */
  decrypt(data: string): Promise<string | undefined>;
}

/** Encrypts what the database keeps. The first secret is the current one. */
export function createEncryption(secrets: readonly [string, ...string[]]): Encryption {
  const [current] = secrets;
  return {
    keyId: createHmac('sha256', current).update('key id').digest('base64url').slice(0, 16),
    encrypt: (data) => symmetricEncrypt({ key: current, data }),
    decrypt: async (data) => {
      for (const key of secrets) {
        const text = await symmetricDecrypt({ key, data }).catch(() => undefined);
        if (text !== undefined) return text;
      }
      return undefined;
    },
  };
}
