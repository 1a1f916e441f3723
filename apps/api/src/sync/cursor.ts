import { ApiError } from '../errors.ts';

/**
 * The position of a reader: `seq` in the log, and a hash of the log up to it. In a first read, `seq` is where the log ended when the read began, and `after` is
 * the last id read from the tables.
 */
export interface Position {
  seq: number;
  hash: string;
  after?: string | undefined;
}

export const encodeCursor = ({ seq, hash, after }: Position): string => [seq, hash, ...(after === undefined ? [] : [after])].join('.');

const form = /^(\d{1,15})\.([\da-f]{16}|)(?:\.([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}))?$/;

/** Throws INVALID_CURSOR. */
export function decodeCursor(cursor: string): Position {
  const [, seq, hash = '', after] = form.exec(cursor) ?? [];
  if (seq === undefined) throw new ApiError('INVALID_CURSOR');
  return { seq: Number(seq), hash, after };
}
