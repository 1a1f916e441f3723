import { ApiError } from '../errors.ts';

/** The position of a reader in the log; in a first read, where the log ended when the read began. */
export interface Position {
  seq: number;
  /** Of the log up to `seq`. */
  hash: string;
  /** In a first read, the last id read from the tables. */
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
