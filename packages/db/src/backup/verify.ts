import { stat } from 'node:fs/promises';
import { NEWLINE, Tally } from './contents.ts';
import type { Key } from './crypt.ts';
import { damaged, fileFailure } from './failure.ts';
import { HEADER, type Header, MANIFEST, type Manifest, pieceName, readHeader, readManifest, type Sum } from './format.ts';
import { readEntries } from './reading.ts';

/** A part of a backup: its header, whole rows of a table, or its manifest. */
export type Part = { header: Header } | { table: string; rows: Uint8Array } | { manifest: Manifest };

const same = (one: Sum, other: Sum | undefined) => one.rows === other?.rows && one.bytes === other.bytes && one.sha256 === other.sha256;

/** Checks that the tables come in the order of the header, that their pieces are numbered from 1, and that the checksums match. */
class Order {
  readonly #header: Header;
  readonly #sums = new Map<string, Sum>();
  #at = 0;
  #pieces = 0;
  #tally = new Tally();

  constructor(header: Header) {
    this.#header = header;
  }

  piece(name: string, rows: Uint8Array): Part {
    while (this.#at < this.#header.tables.length && name !== this.#next()) this.#leave();
    const table = this.#header.tables[this.#at]?.name;
    if (!table || rows.at(-1) !== NEWLINE) throw damaged('its parts are not in the right order');
    this.#pieces += 1;
    this.#tally.add(rows);
    return { table, rows };
  }

  end(manifest: Manifest): Part {
    while (this.#at < this.#header.tables.length) this.#leave();
    const sameTables = Object.keys(manifest.tables).length === this.#sums.size;
    if (!sameTables || [...this.#sums].some(([table, sum]) => !same(sum, manifest.tables[table]))) throw damaged('its rows do not match their checksums');
    return { manifest };
  }

  #next(): string {
    return pieceName(this.#header.tables[this.#at]?.name ?? '', this.#pieces + 1);
  }

  #leave(): void {
    this.#sums.set(this.#header.tables[this.#at]?.name ?? '', this.#tally.sum());
    this.#at += 1;
    this.#pieces = 0;
    this.#tally = new Tally();
  }
}

/** Reads and verifies a backup: it is whole when the manifest has been returned. Throws BackupError. */
export async function* readBackup(path: string, key?: Key, report?: (read: number) => void): AsyncGenerator<Part> {
  let order: Order | undefined;
  let ended = false;
  for await (const { name, bytes } of readEntries(path, key, report)) {
    if (ended) throw damaged('there is data after its end');
    if (!order) {
      if (name !== HEADER) throw damaged('its parts are not in the right order');
      const header = readHeader(bytes);
      order = new Order(header);
      yield { header };
    } else if (name === MANIFEST) {
      ended = true;
      yield order.end(readManifest(bytes));
    } else yield order.piece(name, bytes);
  }
}

export interface Verified {
  header: Header;
  manifest: Manifest;
  /** Size of the file in bytes. */
  bytes: number;
}

/** Verifies a whole backup without restoring it. `report` gets the progress, from 0 to 1. */
export async function verifyBackup(path: string, key?: Key, report: (share: number) => void = () => {}): Promise<Verified> {
  const { size } = await stat(path).catch((error: unknown) => {
    throw fileFailure(path, error);
  });
  const found: Partial<Verified> = {};
  for await (const part of readBackup(path, key, (read) => report(read / size))) {
    if ('header' in part) found.header = part.header;
    if ('manifest' in part) found.manifest = part.manifest;
  }
  const { header, manifest } = found;
  if (!header || !manifest) throw damaged('its end is missing');
  return { header, manifest, bytes: size };
}
