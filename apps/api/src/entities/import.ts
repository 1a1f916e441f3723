import {
  columnOf,
  type EntityName,
  entities,
  entityNames,
  type FieldRule,
  LISTS_MAX_PER_OWNER,
  type Output,
  type procedures,
  TASKS_MAX_BYTES_PER_OWNER,
  TASKS_MAX_PER_OWNER,
} from '@todo/contract';
import { type Builder, fieldColumns, givenBytes, givenColumns, givenNames, type OwnerDb, owner, prepare, schema, tables, toRow } from '@todo/db';
import { and, eq, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import { ApiError, notFound, toApiError } from '../errors.ts';
import type { Done } from '../idempotency.ts';
import { isSameContent, statesAfter } from './replay.ts';

const { owners } = schema;
const { placeholder } = sql;

type Imported = Output<(typeof procedures.tasks)['import']>;
type Counts = Omit<Imported, 'seq'>;
type Item = { id: string };
type Outcome = 'created' | 'unchanged' | 'conflict';

/** All rows are one JSON parameter, so the statement is the same for any number of them. */
export const givenRows = (name: EntityName) =>
  sql`rows from (jsonb_to_recordset(${placeholder('rows')}::text::jsonb) as (${tables[name].record})) with ordinality as given`;
export const asRows = (items: object[]) => ({ rows: JSON.stringify(items.map(toRow)) });

/** How many more an owner may have, and how many bytes their texts may take. */
const rooms: Record<EntityName, { quota: 'lists' | 'tasks'; count: SQL; bytes: SQL }> = {
  list: { quota: 'lists', count: sql`${LISTS_MAX_PER_OWNER}::int - ${owners.lists}`, bytes: sql`null::bigint` },
  task: {
    quota: 'tasks',
    count: sql`${TASKS_MAX_PER_OWNER}::int - ${owners.open} - ${owners.completed}`,
    bytes: sql`${TASKS_MAX_BYTES_PER_OWNER}::int - ${owners.taskBytes}`,
  },
};

/** The kind of an entity to which a given row refers and that is missing, or null. Another row of the import may be an entity of the same kind. */
function missingOf(name: EntityName): SQL<EntityName | null> {
  const fields: [string, FieldRule][] = Object.entries(entities[name].fields);
  const cases = fields.flatMap(([field, { references }]) => {
    const target = entityNames.find((each) => each === references && each !== name);
    if (!target) return [];
    const id = sql.raw(`given.${columnOf(field)}`);
    const { table } = tables[target];
    const isThere = sql`exists (select from ${table} where ${table.userId} = ${owner} and ${table.id} = ${id})`;
    return [sql`when ${id} is not null and not ${isThere} then ${sql.raw(`'${target}'`)}`];
  });
  return cases.length > 0 ? sql`case ${sql.join(cases, sql` `)} end` : sql`null`;
}

/** The import of one kind of entity, and its replay. `itemsOf` finds the given ones in the input. */
export function createImport<Input extends { dryRun: boolean }>(name: EntityName, itemsOf: (input: Input) => Item[]) {
  const { table, added } = tables[name];
  const given = givenRows(name);
  const givenId = sql`given.id`;
  const room = rooms[name];

  /** Looks up each given id by index. The limit keeps PostgreSQL from reading the whole list for a join. */
  const findThere = (db: Builder) =>
    db
      .select(tables[name].columns)
      .from(table)
      .where(and(eq(table.userId, owner), eq(table.id, givenId)))
      .limit(1)
      .as('there');

  const outcome = (isNew: SQL) => sql<Outcome>`case
    when ${isNew} then 'created'
    when (${fieldColumns(name, 'there')}) is not distinct from (${givenColumns(name, 'given', 'there')}) then 'unchanged'
    else 'conflict' end`;

  const preview = prepare((db) => {
    const counted = (value: SQLWrapper) => sql`(select ${value} from ${owners} where ${owners.userId} = ${owner})`.mapWith(Number);
    return db
      .select({
        id: sql<string>`${givenId}`,
        outcome: outcome(sql`there.id is null`),
        room: counted(room.count),
        roomBytes: counted(room.bytes),
        missing: missingOf(name),
      })
      .from(given)
      .leftJoinLateral(findThere(db), sql`true`);
  });

  /** The log keeps the order given. */
  const insertNew = prepare((db) => {
    const made = db.$with('made').as(
      db
        .insert(added)
        .select(sql`select ${owner}::uuid, id, ${fieldColumns(name)} from ${given} order by given.ordinality`)
        .onConflictDoNothing({ target: [added.userId, added.id] })
        .returning({ id: added.id }),
    );
    return db
      .with(made)
      .select({ id: sql<string>`${givenId}`, outcome: outcome(sql`made.id is not null`) })
      .from(given)
      .leftJoin(made, sql`made.id = ${givenId}`)
      .leftJoinLateral(findThere(db), sql`true`);
  });

  function countOutcomes(items: Item[], found: Map<string, Outcome>): Counts {
    const idsOf = (wanted: Outcome) => items.map(({ id }) => id).filter((id) => found.get(id) === wanted);
    return { created: idsOf('created').length, unchanged: idsOf('unchanged').length, conflicts: idsOf('conflict') };
  }

  const byId = (rows: { id: string; outcome: Outcome }[]) => new Map(rows.map(({ id, outcome }) => [id, outcome]));

  /**
   * What the import would do. Throws QUOTA_REACHED and LIST_NOT_FOUND with the index of the first item that exceeds the limit, or whose list is missing. A dry run,
   * which has no `cause`, does not look for lists: another call of the same import may make them.
   */
  async function previewImport(db: OwnerDb, items: Item[], cause?: unknown): Promise<Imported> {
    const { rows, seq } = await db.withNotes({ mutation: undefined }).change(preview, asRows(items));
    const found = byId(rows);
    const missing = new Map(rows.map((row) => [row.id, row.missing]));
    let [count, bytes] = [rows[0]?.room ?? 0, rows[0]?.roomBytes ?? Number.POSITIVE_INFINITY];
    for (const [index, item] of items.entries()) {
      if (found.get(item.id) !== 'created') continue;
      const lacks = missing.get(item.id);
      if (lacks && cause) throw new ApiError(notFound[lacks], { index }, cause);
      count -= 1;
      bytes -= givenBytes(name, item);
      if (count < 0 || bytes < 0) throw new ApiError('QUOTA_REACHED', { index, quota: count < 0 ? room.quota : 'bytes' }, cause);
    }
    return { ...countOutcomes(items, found), seq };
  }

  async function run(db: OwnerDb, input: Input): Promise<Imported> {
    const items = itemsOf(input);
    if (input.dryRun) return previewImport(db, items);
    try {
      const { rows, seq } = await db.change(insertNew, asRows(items));
      return { ...countOutcomes(items, byId(rows)), seq };
    } catch (error) {
      if (['QUOTA_REACHED', 'LIST_NOT_FOUND'].includes(toApiError(error).reason)) await previewImport(db, items, error);
      throw error;
    }
  }

  async function replay(db: OwnerDb, input: Input, done: Done): Promise<Counts> {
    const items = itemsOf(input);
    const stateOf = await statesAfter(
      db,
      name,
      items.map(({ id }) => id),
      done,
    );
    const outcomeOf = (item: Item): Outcome => {
      const { state, isOwn } = stateOf(item.id);
      if (isOwn) return 'created';
      return state && isSameContent(name, state, item, givenNames(name, item)) ? 'unchanged' : 'conflict';
    };
    return countOutcomes(items, new Map(items.map((item) => [item.id, outcomeOf(item)])));
  }

  return { preview: previewImport, run, replay };
}
