import { createWriteStream, existsSync } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress } from 'node:zlib';
import { type Pack, pack } from 'tar-stream';
import { type Encryption, encrypt } from './crypt.ts';
import { BackupError, fileFailure } from './failure.ts';

export interface Entry {
  name: string;
  bytes: Uint8Array;
}

const put = (archive: Pack, { name, bytes }: Entry) =>
  new Promise<void>((resolve, reject) => {
    archive.entry({ name, mode: 0o600, mtime: new Date(0) }, bytes, (error) => (error ? reject(error) : resolve()));
  });

async function fill(archive: Pack, entries: AsyncIterable<Entry>): Promise<void> {
  try {
    for await (const entry of entries) await put(archive, entry);
    archive.finalize();
  } catch (error) {
    archive.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
}

/** Compresses to one zstd frame. Ends the stream only after it has consumed all data: otherwise it adds an empty frame. */
async function* compress(archive: Pack): AsyncGenerator<Uint8Array> {
  const zstd = createZstdCompress({ params: { [constants.ZSTD_c_checksumFlag]: 1 } });
  const feed = async () => {
    for await (const piece of archive) {
      await new Promise<void>((resolve, reject) => zstd.write(piece, (error) => (error ? reject(error) : resolve())));
    }
    zstd.end();
  };
  const fed = feed().catch((error: unknown) => void zstd.destroy(error instanceof Error ? error : new Error(String(error))));
  try {
    yield* zstd;
    await fed;
  } finally {
    // When the file cannot be written, a write to the compressor may never end, and whoever fills the archive would wait for ever.
    archive.destroy();
  }
}

async function stream(path: string, entries: AsyncIterable<Entry>, encryption: Encryption | undefined): Promise<void> {
  const archive = pack();
  const encryptIf = (bytes: AsyncIterable<Uint8Array>) => (encryption ? encrypt(bytes, encryption) : bytes);
  const written = pipeline(() => encryptIf(compress(archive)), createWriteStream(path, { mode: 0o600, flush: true }));
  const [filled, done] = await Promise.allSettled([fill(archive, entries), written]);
  if (done.status === 'rejected') throw done.reason;
  if (filled.status === 'rejected') throw filled.reason;
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path);
  await folder.sync();
}

/** The name while writing; a file with this name is never taken for a backup. */
const partialName = (path: string) => `${path}.partial-${process.pid}`;

/** Writes a file that is never incomplete, and syncs it to disk. Returns its size in bytes. Throws BackupError, and the errors of `entries`. */
export async function writeEntries(path: string, entries: AsyncIterable<Entry>, encryption?: Encryption): Promise<number> {
  if (existsSync(path)) throw new BackupError('EXISTS', `${path} already exists and was not changed.`);
  const partial = partialName(path);
  try {
    await rm(partial, { force: true });
    await stream(partial, entries, encryption);
    const { size } = await stat(partial);
    await rename(partial, path);
    await syncFolder(dirname(path));
    return size;
  } catch (error) {
    await rm(partial, { force: true });
    throw fileFailure(path, error);
  }
}
