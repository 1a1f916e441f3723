import { type SQL, sql } from 'drizzle-orm';
import { type OwnerDb, owner } from '../owner-db.ts';
import { events } from '../schema/events.ts';
import { owners } from '../schema/owners.ts';
import { keepAnswer } from './call.ts';
import { applyTarget, outcome, planned } from './plan.ts';
import { type Ctes, currentRow, previousState, withAll } from './states.ts';

const { placeholder } = sql;

/** The position `upto`, and whether the log still reaches back to it. */
export const reach = (upto: SQL): SQL => sql`
  select upto, upto >= coalesce((select ${owners.droppedSeq} from ${owners} where ${owners.userId} = ${owner}), 0) as is_known from (select ${upto} as upto) given`;

/** The given position, or the position of the newest event up to the given time. */
const requested = sql`coalesce(${placeholder('seq')}::bigint,
  (select e.seq from ${events} e where e.user_id = ${owner} and e.at <= ${placeholder('time')}::timestamptz order by e.seq desc limit 1), 0)`;

const current = currentRow('f');

/** The states to restore, for every entity that later events changed. */
const targetState: Ctes = {
  reach: reach(requested),
  later: sql`select e.entity, e.entity_id, e.seq, e.kind, e.was, e.version, e.fields from ${events} e
    where e.user_id = ${owner} and e.seq > (select upto from reach) and (select is_known from reach)`,
  ...previousState,
  target: sql`select f.entity, f.entity_id, f.kind <> 'insert' as is_there,
      case when f.kind <> 'insert' then coalesce(g.fields, ${current.fields}) || coalesce(o.fields, '{}') end as fields
    from first_events f ${current.join}
    left join removals g on g.entity = f.entity and g.entity_id = f.entity_id
    left join old_values o on o.entity = f.entity and o.entity_id = f.entity_id`,
};

const run = planned((db, isDryRun) =>
  withAll(db, { ...targetState, ...applyTarget(isDryRun) })
    .select({
      isKnown: sql<boolean>`is_known`,
      ...outcome,
      ...(!isDryRun && { recorded: keepAnswer(sql`case when not is_known then '{"isKnown": false}' end`) }),
    })
    .from(sql`reach`),
);

export type RewindTarget = { seq: number; time: null } | { seq: null; time: string };

/** Restores all entities to an earlier state with new events; a dry run only counts them. Returns undefined when that part of the log was trimmed. */
export async function rewind(db: OwnerDb, target: RewindTarget, isDryRun: boolean) {
  const found = await run(db, target, isDryRun);
  if (!found?.isKnown) return undefined;
  const { isKnown, ...rewound } = found;
  return rewound;
}
