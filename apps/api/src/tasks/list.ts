import { hasAtMost, isStorable, type Output, type Parsed, type procedures, TITLE_MAX_CODE_POINTS } from '@todo/contract';
import { columnsOf, containsWords, type OwnerDb, owner, prepare, schema, storedTaskMaxBytes, sumBefore, tables, taskColumns } from '@todo/db';
import { and, asc, desc, eq, isNotNull, isNull, type SQLWrapper, sql } from 'drizzle-orm';
import { z } from 'zod';
import { decodeCursor, encodeCursor, pageOf } from '../paging.ts';

const { tasks } = schema;
const { placeholder } = sql;

type List = (typeof procedures.tasks)['list'];
type ListTasksInput = Parsed<List>;

const time = z.iso.datetime({ precision: 6 }).regex(/^[1-9]/);

/** Stored titles may predate the current rules for new ones, so this check is looser. */
const title = z
  .string()
  .refine(hasAtMost(TITLE_MAX_CODE_POINTS))
  .refine(isStorable)
  .regex(/[^\s\p{Cc}]/u);

/** PostgreSQL's text, because the driver truncates microseconds. */
const inMicroseconds = (column: SQLWrapper) => sql<string>`${column}::text`;
function toIso(text: string): string {
  const [seconds, fraction = ''] = text.slice(11, -'+00'.length).split('.');
  return `${text.slice(0, 10)}T${seconds}.${fraction.padEnd(6, '0')}Z`;
}

/** For each sort order: its column (indexed after the owner and before the id), the column as text, and the value in a cursor with its schema. */
const sorts = {
  created: { column: tasks.createdAt, text: inMicroseconds(tasks.createdAt), toValue: toIso, value: time },
  updated: { column: tasks.updatedAt, text: inMicroseconds(tasks.updatedAt), toValue: toIso, value: time },
  title: { column: tasks.title, text: sql<string>`${tasks.title}`, toValue: (text: string) => text, value: title },
} as const;

/** `canExceed`: these rows may be more than fits on a page. */
type Shape = Pick<ListTasksInput, 'sort' | 'order' | 'completed'> & { searches: boolean; continues: boolean; canExceed: boolean };

function build({ sort, order, completed, searches, continues, canExceed }: Shape) {
  const { column, text } = sorts[sort];
  const [direction, beyond] = order === 'asc' ? [asc, sql`>`] : [desc, sql`<`];
  const rules = [
    eq(tasks.userId, owner),
    completed === undefined ? undefined : completed ? isNotNull(tasks.completedAt) : isNull(tasks.completedAt),
    searches ? containsWords(tasks.search, placeholder('search')) : undefined,
    continues ? sql`(${column}, ${tasks.id}) ${beyond} (${placeholder('value')}, ${placeholder('after')}::uuid)` : undefined,
  ];
  const byOrder = [direction(column), direction(tasks.id)];
  return prepare((db) => {
    const before = sumBefore(tables.task.bytes, ...byOrder).as('before');
    const columns = { task: taskColumns, sorted: text.as('sorted') };
    const read = (more: object) =>
      db
        .select({ ...columns, ...more })
        .from(tasks)
        .where(and(...rules))
        .orderBy(...byOrder)
        .limit(placeholder('rows'));
    if (!canExceed) return read({});
    const page = read({ before }).as('page');
    return db
      .select({ task: columnsOf('page', taskColumns), sorted: sql<string>`page.sorted` })
      .from(page)
      .where(sql`page.before <= ${placeholder('bytes')}`);
  });
}

/** The query has 144 shapes; each is built on first use. */
const statements = new Map<string, ReturnType<typeof build>>();

function statementFor(shape: Shape): ReturnType<typeof build> {
  const key = Object.values(shape).join();
  const statement = statements.get(key) ?? build(shape);
  statements.set(key, statement);
  return statement;
}

/** Keyset pagination: concurrent inserts and removals do not move other tasks across pages. */
export async function listTasks(db: OwnerDb, input: ListTasksInput, bytes: number): Promise<Output<List>> {
  const { sort, order, completed, search = '', limit, cursor } = input;
  const { value, toValue } = sorts[sort];
  const name = `${sort}-${order}`;
  const start = cursor === undefined ? undefined : decodeCursor(cursor, name, value);
  const canExceed = (limit + 1) * storedTaskMaxBytes > bytes;
  const statement = statementFor({ sort, order, completed, searches: search !== '', continues: start !== undefined, canExceed });

  const found = await db.run(statement, { rows: limit + 1, bytes, search, value: start?.value, after: start?.id });
  const { items, last } = pageOf(found, { items: limit, bytes }, ({ task }) => task);
  return { items, nextCursor: last ? encodeCursor(name, { value: toValue(last.sorted), id: last.task.id }) : null };
}
