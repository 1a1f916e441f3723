import { type SQL, sql } from 'drizzle-orm';
import { owner } from '../owner-db.ts';
import { events } from '../schema/events.ts';
import { owners } from '../schema/owners.ts';

const { placeholder } = sql;

/** The last event before a call, null if there is none or it was trimmed. An owner has one writer at a time, so the events of a call are consecutive and end at `seq`. */
export const seqBefore = (mutationId: SQL, seq: SQL): SQL =>
  sql`(select e.seq from ${events} e where e.user_id = ${owner} and e.seq <= ${seq} and e.mutation_id is distinct from ${mutationId} order by e.seq desc limit 1)`;

/**
 * For a change that restores: stores, with the idempotency key, the parts of a response that the log does not contain, for replays; null stores nothing. Also tells
 * settle_tasks where the log ended before.
 */
export const keepAnswer = (answer: SQL) =>
  sql`array[set_config('app.answer', (${answer})::text, true), set_config('app.since', (select o.last_seq from ${owners} o where o.user_id = ${owner})::text, true)]`;

export const mutationId = sql`${placeholder('mutationId')}::uuid`;
export const seq = sql`${placeholder('seq')}::bigint`;

/** For the call `mutationId` that ended at `seq`: the position before it, and whether the log still contains all its events. */
export const callReach: SQL = sql`
  select before, ${seq} >= o.dropped_seq and (before is not null or o.dropped_seq = 0) as is_known
  from ${owners} o, lateral (select ${seqBefore(mutationId, seq)} as before) b where o.user_id = ${owner}`;

/** One row per event of that call, but at least one, with `is_known` and the event's `kind`. What a trigger has moved is not counted. */
export const callEvents: SQL = sql`(
  select r.is_known, e.kind from (${callReach}) r
  left join ${events} e on r.is_known and e.user_id = ${owner} and e.seq > coalesce(r.before, 0) and e.seq <= ${seq} and e.action <> 'moved') call_events`;
