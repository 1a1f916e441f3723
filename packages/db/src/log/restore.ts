import { type EntityName, entities, type Stored } from '@todo/contract';
import { type SQL, sql } from 'drizzle-orm';
import { clearedColumns, columnList, eachEntity } from '../entities.ts';
import { type OwnerDb, owner, prepare } from '../owner-db.ts';
import { events } from '../schema/events.ts';
import { tables } from '../tables.ts';
import { keepAnswer } from './call.ts';
import { reach } from './rewind.ts';
import { entitiesAt } from './states.ts';

const { placeholder } = sql;

const id = sql`${placeholder('id')}::uuid`;

/** A reference to what is not there is cleared, and so is a parent in which a task does not fit. */
const isThere = (name: EntityName, of: SQL): SQL =>
  name === 'task'
    ? sql`task_fault(${owner}, s.id, s.list_id, ${of}) is null`
    : sql`exists (select from ${sql.raw(entities[name].table)} x where x.user_id = ${owner} and x.id = ${of})`;

/** An existing entity gets every field of the old state. */
const statements = eachEntity((name) =>
  prepare((db) => {
    const [table, list, columns] = [sql.raw(entities[name].table), sql.raw(columnList(name)), { ...tables[name].columns }];
    /** The given position, or the position before the entity's last removal; for an existing entity, its current state. */
    const upto = sql`coalesce(${placeholder('seq')}::bigint, (
        select e.seq - 1 from ${events} e where e.user_id = ${owner} and e.entity = ${sql.raw(`'${name}'`)} and e.entity_id = ${id} and e.kind = 'delete'
          and not exists (select from ${table} t where t.user_id = ${owner} and t.id = ${id}) order by e.seq desc limit 1
      ), ${sql.raw(String(Number.MAX_SAFE_INTEGER))})`;
    const reached = db.$with('reach', { isKnown: sql<boolean>`is_known`.as('is_known') }).as(reach(upto));
    const state = db.$with('state', columns).as(entitiesAt(name, sql`array[${id}]`, sql`(select upto from reach)`));
    const returning = sql.join(Object.values(columns), sql`, `);
    const back = db.$with('back', columns).as(sql`
      insert into ${table} (user_id, id, ${list}) select s.user_id, s.id, ${clearedColumns(name, 's', isThere)} from state s where (select is_known from reach)
      on conflict (user_id, id) do update set (${list}) = row(${sql.raw(columnList(name, 'excluded'))}) returning ${returning}`);
    const recorded = keepAnswer(sql`case when not ${reached.isKnown} then '{"isKnown": false}' when back.id is null then '{"isThere": false}' end`);
    return db.with(reached, state, back).select({ isKnown: reached.isKnown, state: back._.selectedFields, recorded }).from(reached).leftJoin(back, sql`true`);
  }),
);

interface Restored<Value> {
  /** Null when it did not exist then. */
  state: Value | null;
  /** False when that part of the log was trimmed. */
  isKnown: boolean;
  seq: number;
}

type RestoreTarget = {
  id: string;
  seq: number | null;
};

/** Restores an entity to its state at `seq`, or before its removal. */
export function restore<Name extends EntityName>(db: OwnerDb, name: Name, target: RestoreTarget): Promise<Restored<Stored[Name]>>;
export async function restore(db: OwnerDb, name: EntityName, target: RestoreTarget): Promise<Restored<object>> {
  const { rows, seq } = await db.withNotes({ action: 'restored' }).change(statements[name], target);
  return { isKnown: rows[0]?.isKnown ?? false, state: rows[0]?.state ?? null, seq };
}
