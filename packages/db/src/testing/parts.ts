import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { extract, pack as tar } from 'tar-stream';

/** One entry of a backup; tests may change it. */
export interface Part {
  name: string;
  bytes: Buffer;
  type?: 'symlink' | 'directory';
}

/** All entries of an unencrypted backup, without verification. */
export async function unpack(bytes: Buffer): Promise<Part[]> {
  const archive = extract();
  archive.end(zstdDecompressSync(bytes));
  const found: Part[] = [];
  for await (const entry of archive) {
    const pieces: Uint8Array[] = [];
    for await (const piece of entry) if (piece instanceof Uint8Array) pieces.push(piece);
    found.push({ name: entry.header.name, bytes: Buffer.concat(pieces) });
  }
  return found;
}

/** Packs entries into an unencrypted backup. */
export async function pack(list: Part[]): Promise<Buffer> {
  const archive = tar();
  for (const { name, bytes, type = 'file' } of list)
    archive.entry(type === 'file' ? { name } : { name, type, linkname: '/etc/passwd' }, type === 'file' ? bytes : '');
  archive.finalize();
  const pieces: Uint8Array[] = [];
  for await (const piece of archive) if (piece instanceof Uint8Array) pieces.push(piece);
  return zstdCompressSync(Buffer.concat(pieces));
}
