import { createHash } from 'node:crypto';
import { findFailure, type OwnerDb, owner, prepare, schema } from '@todo/db';
import { and, eq, sql } from 'drizzle-orm';
import { ApiError } from './errors.ts';

const { mutations } = schema;

const selectCall = prepare((db) =>
  db
    .select({ call: mutations.call, seq: mutations.seq })
    .from(mutations)
    .where(and(eq(mutations.userId, owner), eq(mutations.id, sql.placeholder('mutationId')))),
);

/** A call that was carried out: its id, and the log position at which it was complete. */
export interface Done {
  mutationId: string;
  seq: number;
}

export interface Repeatable {
  mutationId?: string | undefined;
}

/** Carries a call out, by one statement that changes something. */
export type Act<Input, Output> = (db: OwnerDb, input: Input) => Promise<Output>;

/** Derives the first answer to a call from the log; its `seq` is added. */
export type Replay<Input, Output> = (db: OwnerDb, input: Input, done: Done) => Promise<Omit<Output, 'seq'>>;

/** What a retry can fail for before PostgreSQL sees that it is one: the first call may have used the quota up. */
const hints = ['MUTATION_REPEATED', 'QUOTA_REACHED'];

/** Carries a call out once for each mutation id; a retry changes nothing and gets the first answer. Throws MUTATION_REUSED when the id was given to another call. */
export async function actOnce<Input extends Repeatable, Output>(
  db: OwnerDb,
  path: string,
  input: Input,
  act: Act<Input, Output>,
  replay: Replay<Input, Output>,
): Promise<Output | (Omit<Output, 'seq'> & { seq: number })> {
  const { mutationId } = input;
  if (mutationId === undefined) return act(db, input);
  const call = createHash('sha256')
    .update(JSON.stringify([path, input]))
    .digest()
    .subarray(0, 16);
  try {
    return await act(db.noting({ mutation: { id: mutationId, call } }), input);
  } catch (error) {
    if (!hints.includes(findFailure(error)?.reason ?? '')) throw error;
    const [first] = await db.run(selectCall, { mutationId });
    if (!first) throw error;
    if (!call.equals(first.call)) throw new ApiError('MUTATION_REUSED');
    const { seq } = first;
    return { ...(await replay(db, input, { mutationId, seq })), seq };
  }
}
