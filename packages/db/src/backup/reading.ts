import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdDecompress } from 'node:zlib';
import { type Extract, extract } from 'tar-stream';
import { decrypt, type Key, kindOf } from './crypt.ts';
import { BackupError, damaged, fileFailure } from './failure.ts';
import { HEADER, MANIFEST, NOTE_MAX_BYTES, PIECE_MAX_BYTES } from './format.ts';
import type { Entry } from './writing.ts';

type ArchiveEntry = Extract extends AsyncIterable<infer Each> ? Each : never;

/** The highest compression ratio: a file with a higher one is a decompression bomb. The first 16 MiB are not limited, so that a small damaged file gets a more specific error. */
const GROWTH_MAX = 1_000;
const GROWTH_FREE_BYTES = 16_777_216;
/** The base-2 logarithm, as in zstd: 16 MiB. More only costs memory. */
const WINDOW_LOG_MAX = 24;
/** The block size of tar; an archive ends with two empty blocks. */
const BLOCK = 512;

const limitOf = (name: string) => (name === HEADER || name === MANIFEST ? NOTE_MAX_BYTES : PIECE_MAX_BYTES);

async function* counted(bytes: AsyncIterable<Uint8Array>, onTotal: (total: number) => void): AsyncGenerator<Uint8Array> {
  let total = 0;
  for await (const piece of bytes) {
    total += piece.length;
    onTotal(total);
    yield piece;
  }
}

async function startOf(path: string): Promise<Buffer> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(32), 0, 32, 0);
  return buffer.subarray(0, bytesRead);
}

async function openBytes(path: string, key: Key | undefined, report: (read: number) => void): Promise<AsyncIterable<Uint8Array>> {
  const kind = kindOf(await startOf(path));
  if (!kind) throw new BackupError('NOT_A_BACKUP', `${path} is not a backup of this product.`);
  if (kind === 'encrypted' && !key) throw new BackupError('KEY_NEEDED', `${path} is encrypted. Pass --identity-file or --passphrase-file.`);
  const bytes = counted(createReadStream(path), report);
  return kind === 'encrypted' && key ? decrypt(bytes, key) : bytes;
}

async function readEntry(entry: ArchiveEntry): Promise<Entry> {
  const { name, size = 0, type } = entry.header;
  if (type !== 'file' || size > limitOf(name)) throw damaged('it contains an unexpected entry');
  const pieces: Uint8Array[] = [];
  for await (const piece of entry) if (piece instanceof Uint8Array) pieces.push(piece);
  return { name, bytes: pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces) };
}

/** Unpacks a backup into memory entry by entry, and checks that nothing follows the end. */
async function* unpack(path: string, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Entry, undefined> {
  const decompress = createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG_MAX } });
  const archive = extract();
  let [consumed, unpacked, expected] = [0, 0, 2 * BLOCK];
  const onConsumed = (total: number) => {
    consumed = total;
  };
  const onUnpacked = (total: number) => {
    unpacked = total;
    if (total > GROWTH_FREE_BYTES + GROWTH_MAX * consumed) throw damaged('its compression ratio is too high');
  };
  const failed = pipeline(counted(bytes, onConsumed), decompress, (plain) => counted(plain, onUnpacked), archive).then(
    () => undefined,
    (error: unknown) => error,
  );
  try {
    for await (const entry of archive) {
      const read = await readEntry(entry);
      expected += BLOCK + Math.ceil(read.bytes.length / BLOCK) * BLOCK;
      yield read;
    }
    const error = await failed;
    if (error) throw error;
    if (unpacked !== expected || decompress.bytesWritten !== consumed) throw damaged('there is data after its end');
  } catch (error) {
    archive.destroy();
    const failure = fileFailure(path, error instanceof BackupError ? error : ((await failed) ?? error));
    throw failure instanceof BackupError ? failure : damaged('it cannot be unpacked', failure);
  } finally {
    archive.destroy();
    await failed;
  }
}

/** The entries of a backup, in order. Checks the size of each before reading it into memory. Throws BackupError. */
export async function* readEntries(path: string, key?: Key, report: (read: number) => void = () => {}): AsyncGenerator<Entry, undefined> {
  const bytes = await openBytes(path, key, report).catch((error: unknown) => {
    throw fileFailure(path, error);
  });
  yield* unpack(path, bytes);
}
