import { ApiError } from '../errors.ts';

/** Up to where a reader has the log: 0 for nothing, below 0 in the middle of a first reading. */
export interface Position {
  seq: number;
  /** Names all of the log up to there; without it only the number counts. */
  hash?: string | undefined;
}

export const encodeCursor = ({ seq, hash }: Position): string => (hash ? `${seq}.${hash}` : `${seq}`);

const form = /^(-?\d{1,15})(?:\.([\da-f]{16}))?$/;

/** Without a cursor everything is read. Throws INVALID_CURSOR. */
export function decodeCursor(cursor = '0'): Position {
  const [, seq, hash] = form.exec(cursor) ?? [];
  if (seq === undefined) throw new ApiError('INVALID_CURSOR');
  return { seq: Number(seq), hash };
}
