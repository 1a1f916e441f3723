import {
  type EntityName,
  entities,
  type FieldValue,
  type HistoryEvent,
  isSameValue,
  type Output,
  PAGE_MAX_BYTES,
  type Parsed,
  type procedures,
} from '@todo/contract';
import { type Builder, eachEntity, fieldValues, type OwnerDb, owner, prepare, schema, sumBefore } from '@todo/db';
import { aliasedTable, and, desc, eq, lt, lte, notExists, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { decodeCursor, encodeCursor, type PageLimit, pageOf } from '../paging.ts';

const { events, owners } = schema;
const { placeholder } = sql;

type History = (typeof procedures.history)['list'];
type Removed = (typeof procedures.tasks)['removed'];

/** `fields` of an event: all values of an inserted or deleted row, or the old and new value of each updated column. */
const value = z.union([z.string(), z.array(z.string()), z.array(z.number())]).nullable();
const wholeRow = z.record(z.string(), value);
const difference = z.record(z.string(), z.tuple([value, value]));

const { seq, entity, entityId, kind, action, at, mutationId, fields } = events;

function eventsBefore(db: Builder, rule?: SQL) {
  const page = db
    .select({
      seq,
      entity: sql<EntityName>`${entity}`.as('entity'),
      id: entityId,
      kind,
      action,
      at,
      mutationId,
      fields,
      before: sumBefore(sql`octet_length(${fields}::text)`, desc(seq)).as('before'),
    })
    .from(events)
    .where(and(eq(events.userId, owner), lt(seq, placeholder('end')), rule))
    .orderBy(desc(seq))
    .limit(placeholder('rows'))
    .as('page');
  const { before, ...event } = page._.selectedFields;
  return db
    .select(event)
    .from(page)
    .where(lte(before, placeholder('bytes')))
    .orderBy(desc(page.seq));
}

const prepareEvents = (rule?: SQL) => prepare((db) => eventsBefore(db, rule));

/** The same in any order, with the time of the oldest event. */
const prepareHistory = (rule?: SQL) =>
  prepare((db) => {
    const event = eventsBefore(db, rule).as('event');
    return db.select({ since: owners.logSince, event: event._.selectedFields }).from(owners).leftJoin(event, sql`true`).where(eq(owners.userId, owner));
  });

const later = aliasedTable(events, 'later');

/** An anti-join: PostgreSQL expects most events to pass, so it reads them in order and stops when the page is full. */
export const isLastOfEntity = notExists(
  sql`(select from ${events} ${later} where ${later.userId} = ${owner} and ${later.entityId} = ${entityId} and ${later.entity} = ${events.entity} and ${later.seq} > ${seq})`,
);

const selectAll = prepareEvents();

/** A literal, because a generic plan cannot use a partial index with a parameter. */
const isOf = (name: EntityName) => eq(entity, sql.raw(`'${name}'`));
const isThis = eq(entityId, placeholder('id'));
const selectHistory = { all: prepareHistory(), one: prepareHistory(isThis) };
const selectHistoryOf = eachEntity((name) => ({ all: prepareHistory(isOf(name)), one: prepareHistory(and(isOf(name), isThis)) }));
/** Tasks whose newest event is a removal. */
const selectRemovals = prepareEvents(and(sql`${kind} = 'delete'`, isOf('task'), isLastOfEntity));

type Event = Awaited<ReturnType<typeof selectAll.execute>>[number];

const number = z.string().regex(/^[1-9]\d{0,14}$/);
const endOf = (order: string, cursor: string | undefined) =>
  cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(decodeCursor(cursor, order, number).value);

function page<Item>(order: string, rows: Event[], limit: PageLimit, toItem: (event: Event) => Item) {
  const { items, last } = pageOf(rows, limit, toItem);
  return { items, nextCursor: last ? encodeCursor(order, { value: String(last.seq), id: last.id }) : null };
}

type Values = Record<string, FieldValue>;

const defaults = eachEntity((name): Values => fieldValues(name, {}));

/** The values of the fields before and after an event; undefined where the entity does not exist. */
function sides({ entity, kind, fields }: Event): { before?: Values; after?: Values } {
  if (kind === 'insert') return { after: fieldValues(entity, wholeRow.parse(fields)) };
  if (kind === 'delete') return { before: fieldValues(entity, wholeRow.parse(fields)) };
  const changed = difference.parse(fields);
  const side = (index: 0 | 1): Values => fieldValues(entity, Object.fromEntries(Object.entries(changed).map(([column, values]) => [column, values[index]])));
  return { before: side(0), after: side(1) };
}

function toItem(event: Event): HistoryEvent;
function toItem(event: Event): object {
  const { seq, entity, id, action, at, mutationId } = event;
  const { before, after } = sides(event);
  const isChanged = (name: string) => !isSameValue((before ?? defaults[entity])[name], (after ?? defaults[entity])[name]);
  const changed = Object.keys(entities[entity].fields).filter(isChanged);
  const changes = Object.fromEntries(changed.map((name) => [name, { from: before?.[name] ?? null, to: after?.[name] ?? null }]));
  return { seq, entity, id, action, at, mutationId, changes };
}

export async function listHistory(db: OwnerDb, { entity: of, id, limit, cursor }: Parsed<History>, bytes: number): Promise<Output<History>> {
  const values = { end: endOf('history', cursor), rows: limit + 1, bytes };
  const select = of ? selectHistoryOf[of] : selectHistory;
  const rows = id === undefined ? await db.run(select.all, values) : await db.run(select.one, { ...values, id });
  const found = rows.flatMap(({ event }) => event ?? []).sort((a, b) => b.seq - a.seq);
  return { ...page('history', found, { items: limit, bytes }, toItem), since: rows[0]?.since ?? null };
}

/** Events before a position, newest first: at least one, up to `rows`, and about PAGE_MAX_BYTES. */
export const listHistoryBefore = async (db: OwnerDb, end: number, rows: number) => (await db.run(selectAll, { end, rows, bytes: PAGE_MAX_BYTES })).map(toItem);

export async function listRemoved(db: OwnerDb, { limit, cursor }: Parsed<Removed>, bytes: number): Promise<Output<Removed>> {
  const rows = await db.run(selectRemovals, { end: endOf('removed', cursor), rows: limit + 1, bytes });
  return page('removed', rows, { items: limit, bytes }, (event) => ({
    id: event.id,
    removedAt: event.at,
    ...fieldValues('task', wholeRow.parse(event.fields)),
  }));
}
