import { ReadableStream } from 'node:stream/web';
import type { Decrypter } from 'age-encryption';
import { BackupError, damaged } from './failure.ts';

/** What a backup is encrypted with: age public keys (`age1…`), or a passphrase. */
export type Encryption = { recipients: string[] } | { passphrase: string };
export type Key = { identities: string[] } | { passphrase: string };

type Bytes = AsyncIterable<Uint8Array>;

/** File signatures: https://age-encryption.org/v1 and of Zstandard, RFC 8878. */
const AGE = Buffer.from('age-encryption.org/v1\n');
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

export const kindOf = (start: Buffer) =>
  start.subarray(0, AGE.length).equals(AGE) ? 'encrypted' : start.subarray(0, ZSTD.length).equals(ZSTD) ? 'plain' : undefined;

/** Takes 64 MiB of memory, a quarter of the library's default, so that backups also run on small servers. */
const SCRYPT_LOG_N = 16;

const library = () => import('age-encryption'); // loading takes about 100 ms, so only when needed

/** Copies each piece: the library needs its own memory for each. */
async function* own(bytes: Bytes): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for await (const piece of bytes) yield new Uint8Array(piece);
}

export async function* encrypt(bytes: Bytes, encryption: Encryption): AsyncGenerator<Uint8Array> {
  const { Encrypter } = await library();
  const encrypter = new Encrypter();
  if ('passphrase' in encryption) {
    encrypter.setPassphrase(encryption.passphrase);
    encrypter.setScryptWorkFactor(SCRYPT_LOG_N);
  } else for (const recipient of encryption.recipients) encrypter.addRecipient(recipient);
  yield* await encrypter.encrypt(ReadableStream.from(own(bytes)));
}

async function decrypterFor(key: Key): Promise<Decrypter> {
  const { Decrypter } = await library();
  const decrypter = new Decrypter();
  try {
    if ('passphrase' in key) decrypter.addPassphrase(key.passphrase);
    else for (const identity of key.identities) decrypter.addIdentity(identity);
  } catch (error) {
    throw new BackupError('WRONG_KEY', 'The identity is not valid: it must look like AGE-SECRET-KEY-1….', error);
  }
  return decrypter;
}

export async function* decrypt(bytes: Bytes, key: Key): AsyncGenerator<Uint8Array> {
  const decrypter = await decrypterFor(key);
  const opened = await decrypter.decrypt(ReadableStream.from(own(bytes))).catch((error: unknown) => {
    throw error instanceof Error && /no identity matched/.test(error.message)
      ? new BackupError('WRONG_KEY', 'The key does not decrypt this backup.', error)
      : damaged('it cannot be decrypted', error);
  });
  try {
    yield* opened;
  } catch (error) {
    throw error instanceof BackupError ? error : damaged('it cannot be decrypted', error);
  }
}
