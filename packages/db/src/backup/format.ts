import { z } from 'zod';
import { BackupError, damaged } from './failure.ts';

/** Increased when earlier readers would misread the file. */
export const FORMAT_VERSION = 1;

/** The approximate size of the pieces that rows are stored in: whole rows, at least one. */
export const PIECE_BYTES = 1_048_576;
export const PIECE_MAX_BYTES = 8_388_608;
export const NOTE_MAX_BYTES = 1_048_576;

export const HEADER = 'backup.json';
export const MANIFEST = 'manifest.json';
export const pieceName = (table: string, number: number) => `${table}/${String(number).padStart(6, '0')}`;

const name = z.string().regex(/^[a-z][a-z_]{0,62}$/);
const digest = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.number().int().nonnegative();

const header = z.strictObject({
  format: z.literal(FORMAT_VERSION),
  product: z.string().max(100),
  takenAt: z.iso.datetime(),
  postgres: z.string().max(100),
  migrations: z.array(digest).min(1).max(10_000),
  /** The hash of the text that describes tables, rules and rights. */
  catalog: digest,
  tables: z
    .array(z.strictObject({ name, columns: z.array(name).min(1).max(1_000), rows: count }))
    .min(1)
    .max(1_000),
});

const manifest = z.strictObject({
  tables: z.record(name, z.strictObject({ rows: count, bytes: count, sha256: digest })),
  /** Covers one line per owner: the owner, and the position and hash of the last event. */
  heads: z.strictObject({ rows: count, bytes: count, sha256: digest }),
});

/** The first entry of a backup. `rows` is only for the progress; the manifest has the exact counts. */
export type Header = z.output<typeof header>;
/** The last entry: a backup without it is incomplete. */
export type Manifest = z.output<typeof manifest>;
export type Sum = Manifest['heads'];

export interface Backup {
  header: Header;
  manifest: Manifest;
  bytes: number;
}

export function differences(one: Manifest, other: Manifest): string[] {
  const names = [...new Set([...Object.keys(one.tables), ...Object.keys(other.tables)])];
  const differing = names.filter((name) => JSON.stringify(one.tables[name]) !== JSON.stringify(other.tables[name]));
  return JSON.stringify(one.heads) === JSON.stringify(other.heads) ? differing : [...differing, 'the heads of the logs'];
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw damaged('its header or manifest cannot be read', error);
  }
}

export function readHeader(bytes: Uint8Array): Header {
  const json = parse(bytes);
  const { data: version } = z.object({ format: z.number().int() }).safeParse(json);
  if (version && version.format > FORMAT_VERSION) {
    throw new BackupError('NEWER_VERSION', `The backup was made by a newer version of the product, in format ${version.format}. Restore it with that version.`);
  }
  const { data, error } = header.safeParse(json);
  if (!data || new Set(data.tables.map((table) => table.name)).size < data.tables.length) throw damaged('its header is not valid', error);
  return data;
}

export function readManifest(bytes: Uint8Array): Manifest {
  const { data, error } = manifest.safeParse(parse(bytes));
  if (!data) throw damaged('its manifest is not valid', error);
  return data;
}
