import { type ChangePage, type EntityName, entityNames, type Parsed, type procedures } from '@todo/contract';
import { columnsOf, eachEntity, type OwnerDb, owner, prepare, schema, sumBefore, tables } from '@todo/db';
import { and, asc, eq, gt, isNotNull, lte, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import { isLastOfEntity } from '../history/store.ts';
import { FIRST_ID, LAST_ID, type PageLimit, pageOf } from '../paging.ts';
import { decodeCursor, encodeCursor, type Last, type Position } from './cursor.ts';

const { events, owners } = schema;
const { placeholder } = sql;

const { seq, entityId } = events;
/**
 * 8 bytes of a hash of the log, enough to rule out a match by chance. Versions that knew only tasks took the first 8: a reader who continues from one of them may
 * lack lists, so it starts over.
 */
const short = (hash: SQLWrapper) => sql<string | null>`encode(substring(${hash}, 9, 8), 'hex')`;

const position = sql`${placeholder('position')}::bigint`;
const hashAt = (at: SQLWrapper) => sql<string | null>`(select ${short(events.hash)} from ${events} where ${events.userId} = ${owner} and ${seq} = ${at})`;

/** The owner's log: its last position, the position up to which it was trimmed, and its hash at `position`. */
const head = {
  last: owners.lastSeq,
  lastHash: short(owners.lastHash).as('last_hash'),
  dropped: owners.droppedSeq,
  hash: sql<string | null>`case ${position} when ${owners.lastSeq} then ${short(owners.lastHash)} when ${owners.droppedSeq} then ${short(owners.droppedHash)}
    else ${hashAt(position)} end`.as('hash'),
};

/** What `head` has selected, from a subquery `log`. */
const selectedHead = {
  ...columnsOf('log', { last: owners.lastSeq, dropped: owners.droppedSeq }),
  lastHash: sql<string | null>`log.last_hash`,
  hash: sql<string | null>`log.hash`,
};

/** The columns of all entities, each under a name of its own. */
const allColumns = entityNames.flatMap((name) => Object.values(tables[name].columns).map((column) => ({ name, column, alias: `${name}_${column.name}` })));

/** The columns of an entity, from a subquery `page` of `allColumns`. */
const fromPage = (name: EntityName) =>
  Object.fromEntries(
    Object.entries(tables[name].columns).map(([field, column]) => [field, sql`page.${sql.identifier(`${name}_${column.name}`)}`.mapWith(column)]),
  );

/** One entity's rows by id, with nulls for the columns of the others. */
function rowsOf(entity: EntityName, rank: number): SQL {
  const { table } = tables[entity];
  const columns = allColumns.map(({ name, column, alias }) => {
    const value = name === entity ? sql`${column}` : sql`null::${sql.raw(column.getSQLType())}`;
    return sql`${value} as ${sql.identifier(alias)}`;
  });
  return sql`(select ${sql.raw(`'${entity}'`)} as entity, ${sql.raw(String(rank))} as rank, ${table.id} as id, ${tables[entity].bytes} as bytes, ${sql.join(columns, sql`, `)}
    from ${table} where ${table.userId} = ${owner} and ${table.id} > ${placeholder(entity)}::uuid order by ${table.id} limit ${placeholder('rows')})`;
}

/** A page of all entities, those of one kind after those of another, by id, and the log head of the same snapshot. */
const selectTables = prepare((db) => {
  const log = db.select(head).from(owners).where(eq(owners.userId, owner)).as('log');
  const byOrder = [sql`rank`, sql`id`];
  const page = sql`(select *, ${sumBefore(sql`bytes`, ...byOrder)} as before from (${sql.join(entityNames.map(rowsOf), sql` union all `)}) either
    order by ${sql.join(byOrder, sql`, `)} limit ${placeholder('rows')}) page`;
  return db
    .select({ log: selectedHead, entity: sql<EntityName | null>`page.entity`, id: sql<string>`page.id`, ...eachEntity(fromPage) })
    .from(log)
    .leftJoin(page, sql`page.before <= ${placeholder('bytes')}`)
    .orderBy(...byOrder);
});

/** Events that one page reads at most. It bounds the cost where most events are superseded. */
const SCAN = 2_000;

/** The events between two positions that are the newest of their entity, each with the entity as it is now, and the log head of the same snapshot. */
const selectEvents = prepare((db) => {
  const until = sql`${placeholder('until')}::bigint`;
  const log = db
    .select({ ...head, untilHash: hashAt(until).as('until_hash') })
    .from(owners)
    .where(eq(owners.userId, owner))
    .as('log');
  const isEntity = (name: EntityName, of: SQLWrapper, id: SQLWrapper) => {
    const { table } = tables[name];
    return and(eq(of, sql.raw(`'${name}'`)), eq(table.userId, owner), eq(table.id, id));
  };
  const sizeOf = (name: EntityName) =>
    db
      .select({ size: tables[name].bytes })
      .from(tables[name].table)
      .where(isEntity(name, events.entity, entityId));
  const size = sql`coalesce(${sql.join(
    entityNames.map((name) => sql`(${sizeOf(name)})`),
    sql`, `,
  )}, 0)`;
  const event = db
    .select({ seq, entity: events.entity, id: entityId, hash: short(events.hash).as('event_hash'), before: sumBefore(size, asc(seq)).as('before') })
    .from(events)
    .where(and(eq(events.userId, owner), gt(seq, placeholder('position')), lte(seq, until), isLastOfEntity))
    .orderBy(asc(seq))
    .limit(placeholder('rows'))
    .as('event');
  const present = (name: EntityName) => {
    const { table, columns } = tables[name];
    return db
      .select(columns)
      .from(table)
      .where(isEntity(name, event.entity, event.id))
      .limit(1)
      .as(name);
  };
  const found = { ...columnsOf('event', { seq, id: entityId }), entity: sql<EntityName>`event.entity`, hash: sql<string | null>`event.event_hash` };
  const query = db
    .select({
      log: { ...selectedHead, untilHash: sql<string | null>`log.until_hash` },
      isEvent: isNotNull(event.seq).mapWith(Boolean),
      event: found,
      isThere: sql`coalesce(${sql.join(
        entityNames.map((name) => sql`${sql.identifier(name)}.id`),
        sql`, `,
      )}) is not null`.mapWith(Boolean),
      ...eachEntity((name) => columnsOf(name, tables[name].columns)),
    })
    .from(log)
    .leftJoin(event, lte(event.before, placeholder('bytes')))
    .orderBy(asc(event.seq))
    .$dynamic();
  for (const name of entityNames) query.leftJoinLateral(present(name), sql`true`);
  return query;
});

const changesUntil = (next: Position, page: Omit<ChangePage, 'seq' | 'cursor'>): ChangePage => ({ ...page, seq: next.seq, cursor: encodeCursor(next) });

interface Found {
  seq: number;
  entity: EntityName;
  id: string;
  value: object | null;
}

function toChange(found: Found): ChangePage['changes'][number];
function toChange({ seq, entity, id, value }: Found): object {
  return { seq, entity, id, value };
}

/** A read of the tables by id goes on after these ids. */
const idsAfter = (last: Last | undefined) => {
  const at = last ? entityNames.indexOf(last.entity) : 0;
  return eachEntity((name) => (name === last?.entity ? last.id : entityNames.indexOf(name) < at ? LAST_ID : FIRST_ID));
};

/** Whether a reader must start over: the log was trimmed past its position, or is another log, as after a restore of the database. */
const isLost = (log: { last: number; dropped: number; hash: string | null }, { seq, hash }: Position) =>
  seq > log.last || seq < log.dropped || hash !== (log.hash ?? '');

/** All entities as they are now. Afterwards the reader continues with the events since it began. */
async function readTables(db: OwnerDb, begun: Position | undefined, limit: PageLimit, reset: boolean): Promise<ChangePage> {
  const rows = await db.run(selectTables, { position: begun?.seq ?? 0, ...idsAfter(begun?.after), rows: limit.items + 1, bytes: limit.bytes });
  const log = rows[0]?.log;
  if (!log) return changesUntil({ seq: 0, hash: '' }, { changes: [], more: false, reset });
  if (begun && isLost(log, begun)) return readTables(db, undefined, limit, true);
  const start = begun ?? { seq: log.last, hash: log.lastHash ?? '' };
  const { items, last } = pageOf(
    rows.flatMap(({ entity, id, ...values }) => (entity === null ? [] : [{ seq: start.seq, entity, id, value: values[entity] }])),
    limit,
    toChange,
  );
  return changesUntil({ seq: start.seq, hash: start.hash, after: last }, { changes: items, more: last !== undefined || start.seq < log.last, reset });
}

async function readEvents(db: OwnerDb, position: Position, limit: PageLimit): Promise<ChangePage> {
  const until = Math.min(position.seq + SCAN, Number.MAX_SAFE_INTEGER);
  const rows = await db.run(selectEvents, { position: position.seq, until, rows: limit.items + 1, bytes: limit.bytes });
  const log = rows[0]?.log;
  if (!log || isLost(log, position)) return readTables(db, undefined, limit, true);
  const { items, last } = pageOf(
    rows.flatMap(({ isEvent, event, isThere, ...values }) => (isEvent ? [{ ...event, value: isThere ? values[event.entity] : null }] : [])),
    limit,
    toChange,
  );
  const end = Math.min(log.last, last?.seq ?? until);
  const hash = (last ? last.hash : end === log.last ? log.lastHash : log.untilHash) ?? '';
  return changesUntil({ seq: end, hash }, { changes: items, more: end < log.last, reset: false });
}

/** See docs/decisions/0013 for why a reader that applies the pages in order has all that was committed. */
export async function listChanges(db: OwnerDb, { cursor, limit: items }: Parsed<(typeof procedures.sync)['changes']>, bytes: number): Promise<ChangePage> {
  const limit = { items, bytes };
  const position = cursor === undefined ? undefined : decodeCursor(cursor);
  return !position || position.after !== undefined ? readTables(db, position, limit, false) : readEvents(db, position, limit);
}
