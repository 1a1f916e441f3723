import { createHash } from 'node:crypto';
import { entityNames } from '@todo/contract';
import { type DatabaseReason, findFailure, type OwnerDb, owner, prepare, schema } from '@todo/db';
import { and, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { ApiError } from './errors.ts';

const { idempotencyKeys } = schema;

const selectCall = prepare((db) =>
  db
    .select({ digest: idempotencyKeys.digest, seq: idempotencyKeys.seq, answer: idempotencyKeys.answer })
    .from(idempotencyKeys)
    .where(and(eq(idempotencyKeys.userId, owner), eq(idempotencyKeys.id, sql.placeholder('mutationId')))),
);

/** The parts of a first result that the log does not hold. A call records only its own. */
const recorded = z.object({
  isFound: z.boolean().default(true),
  isKnown: z.boolean().default(true),
  isThere: z.boolean().default(true),
  kept: z.array(z.object({ entity: z.enum(entityNames), id: z.string(), columns: z.array(z.string()) })).optional(),
  keptCount: z.number().default(0),
});

/** An applied call: its idempotency key, the log position at which it was complete, and what was recorded of its result. */
export interface Done extends z.output<typeof recorded> {
  mutationId: string;
  seq: number;
}

export const alreadyApplied = ({ seq }: Done) => new ApiError('ALREADY_APPLIED', { seq });

export interface Repeatable {
  mutationId?: string | undefined;
  groupId?: string | undefined;
}

/** Applies a call with one statement. Its result may take `maxBytes` of JSON. */
export type Act<Input, Output> = (db: OwnerDb, input: Input, maxBytes: number) => Promise<Output>;

/** Derives the first result of a call from the log, without `seq`. Throws ALREADY_APPLIED if its events were trimmed. */
export type Replay<Input, Output> = (db: OwnerDb, input: Input, done: Done, maxBytes: number) => Promise<Omit<Output, 'seq'>>;

/** Sorts object keys: their order depends on the client's JSON library. */
const sorted = (_: string, value: unknown) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value;

/** Identifies a call in 16 bytes. It hashes the raw input, because defaults and transforms may change between versions. */
const digestOf = (path: string, rawInput: unknown) =>
  createHash('sha256')
    .update(JSON.stringify([path, rawInput], sorted))
    .digest()
    .subarray(0, 16);

/** After these failures a second statement would fail too, or has nobody to answer. */
const cannotLookUp = new Set<DatabaseReason | undefined>(['DATABASE_UNAVAILABLE', 'OVERLOADED', 'OWNER_BUSY', 'ABORTED']);

/** After any other error it looks up the mutation id: a retry changes nothing and gets the first result, even if that was an error. */
export async function applyOnce<Input extends Repeatable, Output>(
  db: OwnerDb,
  call: { path: string; rawInput: unknown; maxBytes: number },
  input: Input,
  act: Act<Input, Output>,
  replay: Replay<Input, Output>,
): Promise<Output | (Omit<Output, 'seq'> & { seq: number })> {
  const { mutationId, groupId } = input;
  if (mutationId === undefined) return act(db, input, call.maxBytes);
  const digest = digestOf(call.path, call.rawInput);
  try {
    return await act(db.withNotes({ mutation: { id: mutationId, groupId, digest } }), input, call.maxBytes);
  } catch (error) {
    if (cannotLookUp.has(findFailure(error)?.reason)) throw error;
    const [first] = await db.run(selectCall, { mutationId });
    if (!first) throw error;
    if (first.digest !== null && !digest.equals(first.digest)) throw new ApiError('MUTATION_REUSED');
    const { seq } = first;
    const done = { mutationId, seq, ...recorded.parse(first.answer ?? {}) };
    return { ...(await replay(db, input, done, call.maxBytes)), seq };
  }
}
