import { type EntityName, entityNames } from '@todo/contract';
import { z } from 'zod';
import { ApiError } from '../errors.ts';

/** The last entity that a first read has read from the tables. */
export interface Last {
  entity: EntityName;
  id: string;
}

/** The position of a reader in the log; in a first read, where the log ended when the read began. */
export interface Position {
  seq: number;
  /** Of the log up to `seq`. */
  hash: string;
  /** Only in a first read. */
  after?: Last | undefined;
}

export const encodeCursor = ({ seq, hash, after }: Position): string => [seq, hash, ...(after ? [after.entity, after.id] : [])].join('.');

const form = /^(\d{1,15})\.([\da-f]{16}|)(?:\.([a-z]+)\.([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}))?$/;
const names = z.enum(entityNames);

/** Throws INVALID_CURSOR. */
export function decodeCursor(cursor: string): Position {
  const [, seq, hash = '', name, id] = form.exec(cursor) ?? [];
  const { data: entity } = names.safeParse(name);
  if (seq === undefined || (name !== undefined && entity === undefined)) throw new ApiError('INVALID_CURSOR');
  return { seq: Number(seq), hash, after: entity && id !== undefined ? { entity, id } : undefined };
}
