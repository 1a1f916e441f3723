import { type Output, type Parsed, POSITION_MAX_BYTES, type procedures } from '@todo/contract';
import { columnsOf, listColumns, type OwnerDb, owner, prepare, schema, sumBefore, tables } from '@todo/db';
import { and, asc, eq, lte, sql } from 'drizzle-orm';
import { z } from 'zod';
import { createImport } from '../entities/import.ts';
import { createReplay } from '../entities/replay.ts';
import { createStore } from '../entities/store.ts';
import { decodeCursor, encodeCursor, FIRST_ID, pageOf } from '../paging.ts';

const { lists, tasks } = schema;
const { placeholder } = sql;

type Procedures = typeof procedures.lists;

export const listStore = createStore('list');
export const listReplay = createReplay('list');
export const listImport = createImport('list', ({ lists }: Parsed<Procedures['import']>) => lists);

export const archiveList = listStore.changing(sql`archived_at = coalesce(${lists.archivedAt}, (select now()))`);
/** A trigger moves the tasks of a removed list to the inbox. */
const removals = {
  inbox: listStore.remove,
  remove: listStore.removing(sql`delete from ${tasks} t using changed where t.user_id = ${owner} and t.list_id = changed.id`),
};

export const removeList = (db: OwnerDb, input: Parsed<Procedures['remove']>): Promise<Output<Procedures['remove']>> => removals[input.tasks](db, input);

export const unarchiveList = listStore.changing(sql`archived_at = null`);

const ORDER = 'lists';
const position = z.string().max(POSITION_MAX_BYTES);
const key = sql`${lists.position} collate "C"`;

/** An owner has few lists, so a filter reads them all. */
const selectPage = prepare((db) => {
  const page = db
    .select({ ...listColumns, before: sumBefore(tables.list.bytes, key, asc(lists.id)).as('before') })
    .from(lists)
    .where(
      and(
        eq(lists.userId, owner),
        sql`(${key}, ${lists.id}) > (${placeholder('position')}, ${placeholder('after')}::uuid)`,
        sql`coalesce((${lists.archivedAt} is not null) = ${placeholder('archived')}::boolean, true)`,
      ),
    )
    .orderBy(key, asc(lists.id))
    .limit(placeholder('rows'))
    .as('page');
  return db
    .select(columnsOf('page', listColumns))
    .from(page)
    .where(lte(page.before, placeholder('bytes')))
    .orderBy(sql`page.position collate "C"`, asc(page.id));
});

export async function listLists(db: OwnerDb, input: Parsed<Procedures['list']>, bytes: number): Promise<Output<Procedures['list']>> {
  const { archived = null, limit, cursor } = input;
  const { value, id } = cursor === undefined ? { value: '', id: FIRST_ID } : decodeCursor(cursor, ORDER, position);
  const found = await db.run(selectPage, { position: value, after: id, archived, rows: limit + 1, bytes });
  const { items, last } = pageOf(found, { items: limit, bytes }, (list) => list);
  return { items, nextCursor: last ? encodeCursor(ORDER, { value: last.position, id: last.id }) : null };
}
