import { misplaced, TodoError } from './error.ts';
import { type CallOptions, within } from './limit.ts';
import type { Answer } from './request.ts';
import type { AskEndpoint, Proof } from './sessions.ts';

/** A key in a device or a password manager, with which its owner signs in. */
export interface Passkey {
  id: string;
  name: string;
  /** ISO-8601. */
  createdAt: string;
  /** ISO-8601; null if nobody has signed in with it. */
  lastUsedAt: string | null;
}

/** The passkeys of the signed-in user. Only a browser makes one, at the address for which the server offers them. */
export interface Passkeys {
  /** The oldest first. */
  list(options?: CallOptions): Promise<Passkey[]>;
  /**
   * Has the browser make one, for which the user has five minutes. Fails with PASSKEYS_TOO_MANY, with PASSKEY_MISSING if the browser makes none, and as `Proof` says.
   */
  add(input: { name: string } & Proof, options?: CallOptions): Promise<Passkey>;
  rename(input: { id: string; name: string }, options?: CallOptions): Promise<void>;
  /** Nobody signs in with it any more. Does nothing if there is no such passkey. Fails with LAST_SIGN_IN_WAY. */
  remove(id: string, options?: CallOptions): Promise<void>;
}

/** Of the browser what is used here. */
interface Credential {
  toJSON(): object;
}
declare const navigator: {
  credentials: {
    create(options: { publicKey: object; signal: AbortSignal }): Promise<Credential | null>;
    get(options: { publicKey: object; signal: AbortSignal }): Promise<Credential | null>;
  };
};
declare const PublicKeyCredential: {
  parseCreationOptionsFromJSON(options: object): object;
  parseRequestOptionsFromJSON(options: object): object;
};

/** As long as the server accepts the answer to a challenge. */
const PERSON_MAX_MS = 300_000;

const missing = (cause?: unknown) => new TodoError('PASSKEY_MISSING', 'The browser gave no passkey.', { cause });

/** What the browser answers when the user has agreed. */
async function signed({ content, status }: Answer, act: 'create' | 'get', options: CallOptions | undefined): Promise<object> {
  const asked = content?.options;
  if (!asked) throw misplaced({ status });
  return within(PERSON_MAX_MS, options?.signal, async ({ signal }) => {
    try {
      const publicKey = act === 'create' ? PublicKeyCredential.parseCreationOptionsFromJSON(asked) : PublicKeyCredential.parseRequestOptionsFromJSON(asked);
      const credential = await navigator.credentials[act]({ publicKey, signal });
      if (credential) return credential.toJSON();
    } catch (cause) {
      throw missing(cause);
    }
    throw missing();
  });
}

export const signedChallenge = (answer: Answer, options: CallOptions | undefined): Promise<object> => signed(answer, 'get', options);

export const createPasskeys = (ask: AskEndpoint): Passkeys => ({
  list: async (options) => {
    const { content, status } = await ask('passkeys', undefined, options);
    if (!content?.passkeys) throw misplaced({ status });
    return content.passkeys;
  },
  add: async ({ name, password, code }, options) => {
    const response = await signed(await ask('passkeys/add-options', { password, code }, options), 'create', options);
    const { content, status } = await ask('passkeys/add', { name, response }, options);
    if (!content?.passkey) throw misplaced({ status });
    return content.passkey;
  },
  rename: async ({ id, name }, options) => {
    await ask('passkeys/rename', { id, name }, options);
  },
  remove: async (id, options) => {
    await ask('passkeys/remove', { id }, options);
  },
});
