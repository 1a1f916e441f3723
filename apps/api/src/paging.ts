import { PAGE_MAX_BYTES } from '@todo/contract';
import { z } from 'zod';
import { ApiError } from './errors.ts';

/** Where a page ended: the order it was in, and the sort value and id of its last item. Not the owner: that is never read from a client. */
const position = z.tuple([z.string(), z.string(), z.uuid()]);

export interface Position {
  value: string;
  id: string;
}

export const encodeCursor = (order: string, last: Position): string => Buffer.from(JSON.stringify([order, last.value, last.id])).toString('base64url');

/** Throws INVALID_CURSOR unless encodeCursor made it for this order; `value` says what the sort value must look like. */
export function decodeCursor(cursor: string, order: string, value: z.ZodType<string>): Position {
  try {
    const [madeFor, last, id] = position.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
    if (madeFor === order) return { value: value.parse(last), id };
  } catch {
    // Not one of ours.
  }
  throw new ApiError('INVALID_CURSOR');
}

/** The most bytes a value takes as JSON, without writing it: a character may need six. */
function bytesAtMost(value: unknown): number {
  if (typeof value === 'string') return 6 * value.length + 2;
  if (typeof value !== 'object' || value === null) return 24;
  return Object.entries(value).reduce((sum, [name, part]) => sum + 6 * name.length + 4 + bytesAtMost(part), 2);
}

/** How many of these items fit on a page: all, or as many as stay within the limit of bytes, one at least. */
function countWithin(items: readonly unknown[], bytes = PAGE_MAX_BYTES): number {
  if (bytesAtMost(items) <= bytes) return items.length;
  let sum = 0;
  const tooMany = items.findIndex((item) => {
    sum += Buffer.byteLength(JSON.stringify(item)) + 1;
    return sum > bytes;
  });
  return tooMany < 0 ? items.length : Math.max(1, tooMany);
}

/** The items of a page, from up to one row more than it may hold, and the last row on it if there is another page. */
export function pageOf<Row, Item>(rows: readonly Row[], limit: number, toItem: (row: Row) => Item): { items: Item[]; last: Row | undefined } {
  const items = rows.slice(0, limit).map(toItem);
  const count = countWithin(items);
  return { items: items.slice(0, count), last: rows.length > count ? rows[count - 1] : undefined };
}
