import { type EntityName, entities, entityNames } from '@todo/contract';
import { type SQL, sql } from 'drizzle-orm';
import { clearedColumns, columnList, fieldsAsRow } from '../entities.ts';
import { type Builder, type OwnerDb, owner, prepare, type Statement } from '../owner-db.ts';
import { owners } from '../schema/owners.ts';
import type { Ctes } from './states.ts';

/** Whether an entity will be there when the plan is applied. */
const willBeThere = (name: EntityName, id: SQL): SQL => {
  const wanted = (rule: string) => sql.raw(`(select g.entity_id from target g where g.entity = '${name}' and ${rule})`);
  const isThere = sql`exists (select from ${sql.raw(entities[name].table)} x where x.user_id = ${owner} and x.id = ${id})`;
  return sql`(${id} in ${wanted('g.is_there')} or ${id} not in ${wanted('not g.is_there')} and ${isThere})`;
};

/** The change that each entity in `target` needs. */
const planOf = (entity: EntityName): SQL => sql`
  select wanted.entity_id as id, case when t.id is null then 'restored' when wanted.is_there then 'edited' else 'removed' end as kind, ${sql.raw(columnList(entity, 'r'))}
  from target wanted
  left join lateral (select * from ${sql.raw(entities[entity].table)} where user_id = ${owner} and id = wanted.entity_id limit 1) t on true
  left join lateral (select ${clearedColumns(entity, 'w', willBeThere)} from ${sql.raw(fieldsAsRow(entity, 'wanted.fields'))} w) r on wanted.is_there
  where wanted.entity = ${sql.raw(`'${entity}'`)} and case
    when not wanted.is_there then t.id is not null
    when t.id is null then true
    else (${sql.raw(columnList(entity, 'r'))}) is distinct from (${sql.raw(columnList(entity, 't'))}) end`;

/** The statements that apply the plan. They write whole rows, which is safe because the owner is locked. */
function changesOf(entity: EntityName): Ctes {
  const [table, plan, columns] = [sql.raw(entities[entity].table), sql.raw(`plan_${entity}`), sql.raw(columnList(entity))];
  return {
    [`delete_${entity}`]: sql`delete from ${table} t using ${plan} p where t.user_id = ${owner} and t.id = p.id and p.kind = 'removed'`,
    [`upsert_${entity}`]: sql`insert into ${table} (user_id, id, ${columns}) select ${owner}::uuid, p.id, ${columns} from ${plan} p where p.kind <> 'removed'
      on conflict (user_id, id) do update set (${columns}) = row(${sql.raw(columnList(entity, 'excluded'))})`,
  };
}

/** Derives `plan`, with one row per change, from the wanted states in `target` (entity, entity_id, is_there, fields). Applies it unless `isDryRun`. */
export function applyTarget(isDryRun: boolean): Ctes {
  const plans = entityNames.map((entity): [string, SQL] => [`plan_${entity}`, planOf(entity)]);
  const changes = isDryRun ? [] : entityNames.flatMap((entity) => Object.entries(changesOf(entity)));
  const all = entityNames.map((entity) => sql.raw(`select '${entity}'::text as entity, id, kind from plan_${entity}`));
  return Object.fromEntries([...plans, ...changes, ['plan', sql.join(all, sql` union all `)]]);
}

const count = (kind: 'restored' | 'edited' | 'removed') => sql<number>`(select count(*) from plan where kind = ${sql.raw(`'${kind}'`)})`.mapWith(Number);

const lastSeq = sql`coalesce((select ${owners.lastSeq} from ${owners} where ${owners.userId} = ${owner}), 0)`.mapWith(Number);

export const outcome = { restored: count('restored'), edited: count('edited'), removed: count('removed'), seq: lastSeq };

/** Prepares a statement that applies a plan and returns its `outcome`, and a dry run of it. */
export function planned<Row extends { seq: number; recorded?: unknown }>(
  build: (db: Builder, isDryRun: boolean) => { prepare(name: string): Statement<Row[]> },
) {
  const dryRun = prepare((db) => build(db, true));
  const applyRun = prepare((db) => build(db, false));
  return async (db: OwnerDb, target: Record<string, unknown>, isDryRun: boolean): Promise<Omit<Row, 'recorded'> | undefined> => {
    const change = isDryRun ? { rows: await db.run(dryRun, target) } : await db.withNotes({ action: 'restored' }).change(applyRun, target);
    const [row] = change.rows;
    if (!row) return undefined;
    const { recorded, ...found } = row;
    return 'seq' in change ? { ...found, seq: change.seq } : found;
  };
}
