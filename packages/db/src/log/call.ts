import { type SQL, sql } from 'drizzle-orm';
import { owner } from '../owner-db.ts';
import { events } from '../schema/events.ts';
import { owners } from '../schema/owners.ts';

const { placeholder } = sql;

/**
 * The number of the last event before a call: the events of a call follow one another up to the number that its key holds, since an owner has one writer at a
 * time. Null where there is none, or the log no longer reaches so far.
 */
export const seqBefore = (mutationId: SQL, seq: SQL): SQL =>
  sql`(select e.seq from ${events} e where e.user_id = ${owner} and e.seq <= ${seq} and e.mutation_id is distinct from ${mutationId} order by e.seq desc limit 1)`;

/** Keeps what of an answer the log cannot tell with the idempotency key: a repeated call is answered with it. Null keeps nothing. */
export const keepAnswer = (answer: SQL) => sql`set_config('app.answer', (${answer})::text, true)`;

export const mutationId = sql`${placeholder('mutationId')}::uuid`;
export const seq = sql`${placeholder('seq')}::bigint`;

/** Of the call `mutationId` that was complete at `seq`: the number before it, and whether the log still holds all of it. */
export const callReach: SQL = sql`
  select before, ${seq} >= o.dropped_seq and (before is not null or o.dropped_seq = 0) as is_known
  from ${owners} o, lateral (select ${seqBefore(mutationId, seq)} as before) b where o.user_id = ${owner}`;

/** A row for each event of that call, and one at least, with `is_known` and the event's `kind`. */
export const callEvents: SQL = sql`(
  select r.is_known, e.kind from (${callReach}) r
  left join ${events} e on r.is_known and e.user_id = ${owner} and e.seq > coalesce(r.before, 0) and e.seq <= ${seq}) call_events`;
