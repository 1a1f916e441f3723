import { RESPONSE_MAX_BYTES } from '@todo/contract';
import { z } from 'zod';
import { ApiError } from './errors.ts';

/** A list by id begins after the first and ends before the last. */
export const FIRST_ID = '00000000-0000-0000-0000-000000000000';
export const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** The content of a cursor: the sort order, and the sort value and id of the page's last item. The owner never comes from a client. */
const position = z.tuple([z.string(), z.string().nullable(), z.uuid()]);

export interface Position<Value extends string | null = string | null> {
  value: Value;
  id: string;
}

export const encodeCursor = (order: string, last: Position): string => Buffer.from(JSON.stringify([order, last.value, last.id])).toString('base64url');

/** Throws INVALID_CURSOR unless encodeCursor made it for this order. `value` is the schema of the sort value. */
export function decodeCursor<Value extends string | null>(cursor: string, order: string, value: z.ZodType<Value>): Position<Value> {
  try {
    const [madeFor, last, id] = position.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
    if (madeFor === order) return { value: value.parse(last), id };
  } catch {
    // Malformed.
  }
  throw new ApiError('INVALID_CURSOR');
}

/** An upper bound for the size of a value as JSON, without serializing it: a character takes up to six bytes. */
function bytesAtMost(value: unknown): number {
  if (typeof value === 'string') return 6 * value.length + 2;
  if (typeof value !== 'object' || value === null) return 24;
  let sum = 2;
  for (const name of Object.keys(value)) sum += 6 * name.length + 4;
  for (const part of Object.values(value)) sum += bytesAtMost(part);
  return sum;
}

/** How many bytes of JSON the answer to one call may take in a batch of this many calls, if alone it may take `max`. */
export const answerBytesIn = (calls: number, max: number) => Math.min(max, Math.floor(RESPONSE_MAX_BYTES / calls));

/** How many of these items fit into this many bytes, at least one. */
export function countWithin(items: readonly unknown[], maxBytes: number): number {
  if (bytesAtMost(items) <= maxBytes) return items.length;
  let sum = 0;
  const tooMany = items.findIndex((item) => {
    sum += Buffer.byteLength(JSON.stringify(item)) + 1;
    return sum > maxBytes;
  });
  return tooMany < 0 ? items.length : Math.max(1, tooMany);
}

/** How long a page may be. */
export interface PageLimit {
  items: number;
  bytes: number;
}

/** Makes a page of up to `limit.items + 1` rows: its items, and its last row if another page follows. */
export function pageOf<Row, Item>(rows: readonly Row[], limit: PageLimit, toItem: (row: Row) => Item): { items: Item[]; last: Row | undefined } {
  const items = rows.slice(0, limit.items).map(toItem);
  const count = countWithin(items, limit.bytes);
  return { items: items.slice(0, count), last: rows.length > count ? rows[count - 1] : undefined };
}
