import { ApiError } from '../errors.ts';

/**
 * Where a reader is. `seq` is a position in the log and `hash` names all of the log up to it. In a first reading that is where the reading began, and `after` the
 * last id read from the tables, '' before the first.
 */
export interface Position {
  seq: number;
  hash: string;
  after?: string | undefined;
}

export const encodeCursor = ({ seq, hash, after }: Position): string => [seq, hash, ...(after === undefined ? [] : [after])].join('.');

const form = /^(\d{1,15})\.([\da-f]{16}|)(?:\.([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}))?$/;

/** Without a cursor a first reading begins: undefined. Throws INVALID_CURSOR. */
export function decodeCursor(cursor: string | undefined): Position | undefined {
  if (cursor === undefined) return undefined;
  const [, seq, hash = '', after] = form.exec(cursor) ?? [];
  if (seq === undefined) throw new ApiError('INVALID_CURSOR');
  return { seq: Number(seq), hash, after };
}
