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

/** A call that was carried out: its id, and the number of the log that it had come to by then. */
export interface Done {
  mutationId: string;
  seq: number;
}

interface Repeatable {
  mutationId?: string | undefined;
}

/** What a repeated call can fail for before PostgreSQL sees that it is one: the first may have filled the last place. */
const hints = ['MUTATION_REPEATED', 'QUOTA_REACHED'];

/**
 * Carries a call out once for each mutation id, by one statement that `act` runs. A repeated call changes nothing, and `retell` gives the first answer again
 * from the log. Throws MUTATION_REUSED when the id was given to another call.
 */
export async function once<Input extends Repeatable, Output>(
  db: OwnerDb,
  name: string,
  input: Input,
  act: (db: OwnerDb, input: Input) => Promise<Output>,
  retell: (db: OwnerDb, input: Input, done: Done) => Promise<Output>,
): Promise<Output> {
  const { mutationId } = input;
  if (mutationId === undefined) return act(db, input);
  const call = createHash('sha256')
    .update(JSON.stringify([name, input]))
    .digest()
    .subarray(0, 16);
  try {
    return await act(db.noting({ mutation: { id: mutationId, call } }), input);
  } catch (error) {
    if (!hints.includes(findFailure(error)?.reason ?? '')) throw error;
    const [first] = await db.run(selectCall, { mutationId });
    if (!first) throw error;
    if (!call.equals(first.call)) throw new ApiError('MUTATION_REUSED');
    return retell(db, input, { mutationId, seq: first.seq });
  }
}
