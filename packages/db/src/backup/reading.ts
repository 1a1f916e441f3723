import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdDecompress } from 'node:zlib';
import { type Extract, extract } from 'tar-stream';
import { decrypt, type Key, kindOf } from './crypt.ts';
import { BackupError, damaged, fileFailure } from './failure.ts';
import { HEADER, MANIFEST, NOTE_MAX_BYTES, PIECE_MAX_BYTES } from './format.ts';
import type { Entry } from './writing.ts';

type ArchiveEntry = Extract extends AsyncIterable<infer Each> ? Each : never;

/** What no rows of ours compress to: 16 MiB are free, so that a small file may be told for what it is. */
const GROWTH_MAX = 1_000;
const GROWTH_FREE_BYTES = 16_777_216;
/** As zstd understands it, a power of two: 16 MiB. More would only cost memory. */
const WINDOW_LOG_MAX = 24;
/** A block of tar; the archive ends with two empty ones. */
const BLOCK = 512;

const inBlocks = (bytes: number) => Math.ceil(bytes / BLOCK) * BLOCK;
const limitOf = (name: string) => (name === HEADER || name === MANIFEST ? NOTE_MAX_BYTES : PIECE_MAX_BYTES);

/** Lets bytes through and hears how many there were so far. */
async function* counted(bytes: AsyncIterable<Uint8Array>, onTotal: (total: number) => void): AsyncGenerator<Uint8Array> {
  let total = 0;
  for await (const piece of bytes) {
    total += piece.length;
    onTotal(total);
    yield piece;
  }
}

/** Measures a file while it is unpacked in memory. */
class Unpacking {
  readonly decompress = createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG_MAX } });
  consumed = 0;
  #unpacked = 0;
  #expected = 2 * BLOCK;

  meter(): Transform {
    return new Transform({
      transform: (piece: Buffer, _, done) => {
        this.#unpacked += piece.length;
        const isTooLarge = this.#unpacked > GROWTH_FREE_BYTES + GROWTH_MAX * this.consumed;
        done(isTooLarge ? damaged('it unpacks to more than any rows could') : null, piece);
      },
    });
  }

  async take(entry: ArchiveEntry): Promise<Entry> {
    const { name, size = 0, type } = entry.header;
    if (type !== 'file' || size > limitOf(name)) throw damaged('it holds what no backup holds');
    this.#expected += BLOCK + inBlocks(size);
    const pieces: Uint8Array[] = [];
    for await (const piece of entry) if (piece instanceof Uint8Array) pieces.push(piece);
    return { name, bytes: pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces) };
  }

  end(): void {
    if (this.#unpacked !== this.#expected || this.decompress.bytesWritten !== this.consumed) throw damaged('it goes on behind its end');
  }
}

async function startOf(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(32), 0, 32, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The file's bytes, decrypted where they are encrypted. */
async function openBytes(path: string, key: Key | undefined, report: (read: number) => void): Promise<AsyncIterable<Uint8Array>> {
  const kind = kindOf(await startOf(path));
  if (!kind) throw new BackupError('NOT_A_BACKUP', `${path} is not a backup of this product.`);
  if (kind === 'encrypted' && !key) throw new BackupError('KEY_NEEDED', `${path} is encrypted. Say what opens it: --identity-file or --passphrase-file.`);
  const bytes = counted(createReadStream(path), report);
  return kind === 'encrypted' && key ? decrypt(bytes, key) : bytes;
}

/** What went wrong, told as a damage unless it is known for something else. */
function asBackupError(path: string, error: unknown): unknown {
  const failure = fileFailure(path, error);
  return failure instanceof BackupError ? failure : damaged('it cannot be unpacked', error);
}

async function* unpack(path: string, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Entry> {
  const unpacking = new Unpacking();
  const archive = extract();
  const onTotal = (total: number) => {
    unpacking.consumed = total;
  };
  const failed = pipeline(counted(bytes, onTotal), unpacking.decompress, unpacking.meter(), archive).then(
    () => undefined,
    (error: unknown) => error,
  );
  try {
    for await (const entry of archive) yield await unpacking.take(entry);
    const error = await failed;
    if (error) throw error;
    unpacking.end();
  } catch (error) {
    archive.destroy();
    throw asBackupError(path, error instanceof BackupError ? error : ((await failed) ?? error));
  } finally {
    archive.destroy();
    await failed;
  }
}

/** The entries of a backup, one after the other, each checked for its size before it is taken into memory. Throws BackupError. */
export async function* readEntries(path: string, key?: Key, report: (read: number) => void = () => {}): AsyncGenerator<Entry> {
  const bytes = await openBytes(path, key, report).catch((error: unknown) => {
    throw fileFailure(path, error);
  });
  yield* unpack(path, bytes);
}
