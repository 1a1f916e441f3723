import { createHash } from 'node:crypto';
import { findFailure, type OwnerDb, owner, prepare, schema } from '@todo/db';
import { and, eq, sql } from 'drizzle-orm';
import { ApiError } from './errors.ts';

const { idempotencyKeys } = schema;

const selectCall = prepare((db) =>
  db
    .select({ digest: idempotencyKeys.digest, seq: idempotencyKeys.seq, answer: idempotencyKeys.answer })
    .from(idempotencyKeys)
    .where(and(eq(idempotencyKeys.userId, owner), eq(idempotencyKeys.id, sql.placeholder('mutationId')))),
);

/** A call that was applied: its idempotency key, the log position at which it was complete, and what of its answer the log cannot tell. */
export interface Done {
  mutationId: string;
  seq: number;
  answer?: unknown;
}

export interface Repeatable {
  mutationId?: string | undefined;
  groupId?: string | undefined;
}

/** A call as the client sent it. */
export interface RawCall {
  path: string;
  input: unknown;
}

/** Applies a call, by one statement that changes something. */
export type Act<Input, Output> = (db: OwnerDb, input: Input) => Promise<Output>;

/** Derives the first answer to a call from the log; its `seq` is added. undefined where the log no longer reaches so far. */
export type Replay<Input, Output> = (db: OwnerDb, input: Input, done: Done) => Promise<Omit<Output, 'seq'> | undefined>;

/** The order of keys is the client's library's, and says nothing. */
const sorted = (_: string, value: unknown) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value;

/** What was asked for, in 16 bytes: of the input as it was sent, since defaults and transforms may change with a version. */
const digestOf = ({ path, input }: RawCall) =>
  createHash('sha256')
    .update(JSON.stringify([path, input], sorted))
    .digest()
    .subarray(0, 16);

/**
 * Applies a call once for each mutation id. Whatever a call fails with, it is looked up first: a retry changes nothing and gets the first answer, a failure too.
 * Throws MUTATION_REUSED when the id was given to another call, and ALREADY_APPLIED when the log no longer holds the answer.
 */
export async function applyOnce<Input extends Repeatable, Output>(
  db: OwnerDb,
  call: RawCall,
  input: Input,
  act: Act<Input, Output>,
  replay: Replay<Input, Output>,
): Promise<Output | (Omit<Output, 'seq'> & { seq: number })> {
  const { mutationId, groupId } = input;
  if (mutationId === undefined) return act(db, input);
  const digest = digestOf(call);
  try {
    return await act(db.withNotes({ mutation: { id: mutationId, groupId, digest } }), input);
  } catch (error) {
    if (findFailure(error)?.reason === 'DATABASE_UNAVAILABLE') throw error;
    const [first] = await db.run(selectCall, { mutationId });
    if (!first) throw error;
    if (first.digest !== null && !digest.equals(first.digest)) throw new ApiError('MUTATION_REUSED');
    const { seq } = first;
    const answer = await replay(db, input, { mutationId, seq, answer: first.answer });
    if (!answer) throw new ApiError('ALREADY_APPLIED', { seq });
    return { ...answer, seq };
  }
}
