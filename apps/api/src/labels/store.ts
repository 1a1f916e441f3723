import type { Output, Parsed, procedures } from '@todo/contract';
import { labelKey, type OwnerDb, owner, prepare, schema } from '@todo/db';
import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { countDone } from '../history/undo.ts';
import type { Done } from '../idempotency.ts';
import { decodeCursor, encodeCursor, FIRST_ID, pageOf } from '../paging.ts';

const { tasks, taskLabels } = schema;

type Procedures = typeof procedures.labels;

const text = (name: string) => sql`${sql.placeholder(name)}::text`;

/** Tasks come first in every statement with both tables, as in a change: a migration locks them in this order. */
const selectLabels = prepare((db) =>
  db
    .select({
      key: sql<string>`l.name_key`,
      name: sql<string>`mode() within group (order by l.name)`,
      open: sql`count(*) filter (where t.completed_at is null)`.mapWith(Number),
      total: sql`count(*)`.mapWith(Number),
    })
    .from(sql`${tasks} t join ${taskLabels} l on l.user_id = t.user_id and l.task_id = t.id`)
    .where(sql`t.user_id = ${owner} and l.user_id = ${owner} and l.name_key > ${text('after')}`)
    .groupBy(sql`l.name_key`)
    .orderBy(sql`l.name_key`)
    .limit(sql.placeholder('rows')),
);

const isStored = z.string().regex(/^[^\0]+$/);

export async function listLabels(db: OwnerDb, { limit, cursor }: Parsed<Procedures['list']>, bytes: number): Promise<Output<Procedures['list']>> {
  const after = cursor === undefined ? '' : decodeCursor(cursor, 'labels', isStored).value;
  const rows = await db.run(selectLabels, { after, rows: limit + 1 });
  const { items, last } = pageOf(rows, { items: limit, bytes }, ({ key: _, ...label }) => label);
  return { items, nextCursor: last ? encodeCursor('labels', { value: last.key, id: FIRST_ID }) : null };
}

const from = labelKey(text('from'));
const to = labelKey(text('to'));
const key = labelKey(sql`label.name`);

/** Changes the labels of each task that has this one. Each keeps its place. */
const changeLabelled = (label: SQL, kept: SQL, isKept: SQL, isChanged: SQL = sql`true`) =>
  prepare((db) => {
    const labelled = sql`select l.task_id from ${taskLabels} l where l.user_id = ${owner} and l.name_key = ${label} and ${isChanged}`;
    const changed = db.$with('changed', { id: tasks.id }).as(sql`
      update ${tasks} set labels = array(select ${kept} from unnest(${tasks.labels}) with ordinality label (name, place) where ${isKept} order by label.place)
      where ${tasks.userId} = ${owner} and ${tasks.id} = any(array(${labelled})) returning ${tasks.id}`);
    return db
      .with(changed)
      .select({ changed: sql`count(*)`.mapWith(Number) })
      .from(changed);
  });

/** Of a task that has both, the new label takes the place of the old one. */
const rename = changeLabelled(
  from,
  sql`case when ${key} = ${from} then ${text('to')} else label.name end`,
  sql`(${key} = ${from} or ${key} <> ${to})`,
  sql`(${from} <> ${to} or l.name <> ${text('to')})`,
);
const remove = changeLabelled(from, sql`label.name`, sql`${key} <> ${from}`);

type Changed = Output<Procedures['remove']>;

async function counted(call: Promise<{ rows: { changed: number }[]; seq: number }>): Promise<Changed> {
  const { rows, seq } = await call;
  return { changed: rows[0]?.changed ?? 0, seq };
}

export const renameLabel = (db: OwnerDb, { from, to }: Parsed<Procedures['rename']>): Promise<Changed> => counted(db.change(rename, { from, to }));

export const removeLabel = (db: OwnerDb, { name }: Parsed<Procedures['remove']>): Promise<Changed> => counted(db.change(remove, { from: name }));

export const replayLabels = async (db: OwnerDb, _: unknown, done: Done): Promise<{ changed: number }> => ({ changed: (await countDone(db, done)).edited });
