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
