import { z } from 'zod';
import { BackupError, damaged } from './failure.ts';

/** Grows when a reader of before would misread the file. */
export const FORMAT_VERSION = 1;

/** Rows travel in pieces of whole rows of about this size, one row at least. */
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
  /** Of each migration that the database has had, in their order. */
  migrations: z.array(digest).min(1).max(10_000),
  /** Of the text that describes tables, rules and rights. */
  catalog: digest,
  tables: z
    .array(z.strictObject({ name, columns: z.array(name).min(1).max(1_000), rows: count }))
    .min(1)
    .max(1_000),
});

const manifest = z.strictObject({
  tables: z.record(name, z.strictObject({ rows: count, bytes: count, sha256: digest })),
  /** Over the line `owner, last number, last hash` of each owner's log. */
  heads: z.strictObject({ rows: count, bytes: count, sha256: digest }),
});

/** What stands at the beginning of a backup. `rows` tells progress; the manifest counts. */
export type Header = z.output<typeof header>;
/** What stands at its end, so that one without it is not whole. */
export type Manifest = z.output<typeof manifest>;
export type Sum = Manifest['heads'];

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw damaged('its notes cannot be read', error);
  }
}

export function readHeader(bytes: Uint8Array): Header {
  const json = parse(bytes);
  const { data: version } = z.object({ format: z.number().int() }).safeParse(json);
  if (version && version.format > FORMAT_VERSION) {
    throw new BackupError('NEWER_VERSION', `The backup was made by a newer version of the product, in format ${version.format}. Restore it with that version.`);
  }
  const { data, error } = header.safeParse(json);
  if (!data || new Set(data.tables.map((table) => table.name)).size < data.tables.length) throw damaged('its first notes are not of this format', error);
  return data;
}

export function readManifest(bytes: Uint8Array): Manifest {
  const { data, error } = manifest.safeParse(parse(bytes));
  if (!data) throw damaged('its last notes are not of this format', error);
  return data;
}
