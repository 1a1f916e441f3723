import { stat } from 'node:fs/promises';
import { NEWLINE, type Table, Tally } from './contents.ts';
import type { Key } from './crypt.ts';
import { damaged, fileFailure } from './failure.ts';
import { type Backup, differences, HEADER, MANIFEST, type Manifest, pieceName, readHeader, readManifest } from './format.ts';
import { readEntries } from './reading.ts';
import type { Entry } from './writing.ts';

const outOfPlace = (entry: Entry | undefined) => damaged(entry ? 'its parts are not in the right order' : 'its end is missing');

/** A table of a backup. Its rows come in pieces of whole rows, and can be read until the next table is. */
export interface TableRows {
  table: Table;
  rows: AsyncIterable<Uint8Array>;
}

/** Reads a backup, and verifies its order and checksums: it is whole when this has returned. Throws BackupError. */
export async function* readBackup(path: string, key?: Key, report?: (read: number) => void): AsyncGenerator<TableRows, Omit<Backup, 'bytes'>> {
  const entries = readEntries(path, key, report);
  const next = async () => (await entries.next()).value;
  try {
    let entry = await next();
    if (entry?.name !== HEADER) throw outOfPlace(entry);
    const header = readHeader(entry.bytes);
    entry = await next();
    const sums: Manifest['tables'] = {};
    const rowsOf = async function* (table: string) {
      const total = new Tally();
      for (let number = 1; entry?.name === pieceName(table, number); number += 1) {
        if (entry.bytes.at(-1) !== NEWLINE) throw outOfPlace(entry);
        total.add(entry.bytes);
        yield entry.bytes;
        entry = await next();
      }
      sums[table] = total.sum();
    };
    for (const table of header.tables) {
      const rows = rowsOf(table.name);
      yield { table, rows };
      while (!(await rows.next()).done); // what the caller has not read
    }
    if (entry?.name !== MANIFEST) throw outOfPlace(entry);
    const manifest = readManifest(entry.bytes);
    if (differences(manifest, { ...manifest, tables: sums }).length > 0) throw damaged('its rows do not match their checksums');
    if (await next()) throw damaged('there is data after its end');
    return { header, manifest };
  } finally {
    await entries.return(undefined);
  }
}

/** Verifies a whole backup without restoring it. `report` gets the progress, from 0 to 1. */
export async function verifyBackup(path: string, key?: Key, report: (share: number) => void = () => {}): Promise<Backup> {
  const { size } = await stat(path).catch((error: unknown) => {
    throw fileFailure(path, error);
  });
  const tables = readBackup(path, key, (read) => report(read / size));
  for (;;) {
    const { done, value } = await tables.next();
    if (done) return { ...value, bytes: size };
  }
}
