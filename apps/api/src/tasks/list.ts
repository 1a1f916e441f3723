import { hasAtMost, isStorable, type Output, type Parsed, type procedures, TITLE_MAX_CODE_POINTS } from '@todo/contract';
import { containsWords, type OwnerDb, owner, prepare, schema, taskColumns } from '@todo/db';
import { and, asc, desc, eq, isNotNull, isNull, type SQLWrapper, sql } from 'drizzle-orm';
import { z } from 'zod';
import { decodeCursor, encodeCursor, pageOf } from '../paging.ts';

const { tasks } = schema;
const { placeholder } = sql;

type List = (typeof procedures.tasks)['list'];
type ListTasksInput = Parsed<List>;

const time = z.iso.datetime({ precision: 6 }).regex(/^[1-9]/);

/** A title that is stored may be older than the present rules for new ones. */
const title = z
  .string()
  .refine(hasAtMost(TITLE_MAX_CODE_POINTS))
  .refine(isStorable)
  .regex(/[^\s\p{Cc}]/u);

/** In microseconds, in the form of PostgreSQL: the driver would cut them off. */
const inMicroseconds = (column: SQLWrapper) => sql<string>`${column}::text`;
function toIso(text: string): string {
  const [seconds, fraction = ''] = text.slice(11, -'+00'.length).split('.');
  return `${text.slice(0, 10)}T${seconds}.${fraction.padEnd(6, '0')}Z`;
}

/** Each sort order: its column, which an index holds after the owner and before the id, the column as text, and that as the cursor carries it. */
const sorts = {
  created: { column: tasks.createdAt, text: inMicroseconds(tasks.createdAt), toValue: toIso, value: time },
  updated: { column: tasks.updatedAt, text: inMicroseconds(tasks.updatedAt), toValue: toIso, value: time },
  title: { column: tasks.title, text: sql<string>`${tasks.title}`, toValue: (text: string) => text, value: title },
} as const;

type Shape = Pick<ListTasksInput, 'sort' | 'order' | 'completed'> & { searches: boolean; continues: boolean };

function build({ sort, order, completed, searches, continues }: Shape) {
  const { column, text } = sorts[sort];
  const [direction, beyond] = order === 'asc' ? [asc, sql`>`] : [desc, sql`<`];
  const rules = [
    eq(tasks.userId, owner),
    completed === undefined ? undefined : completed ? isNotNull(tasks.completedAt) : isNull(tasks.completedAt),
    searches ? containsWords(tasks.search, placeholder('search')) : undefined,
    continues ? sql`(${column}, ${tasks.id}) ${beyond} (${placeholder('value')}, ${placeholder('after')}::uuid)` : undefined,
  ];
  return prepare((db) =>
    db
      .select({ task: taskColumns, position: text })
      .from(tasks)
      .where(and(...rules))
      .orderBy(direction(column), direction(tasks.id))
      .limit(placeholder('rows')),
  );
}

/** There are 72 shapes of this query; each is built when first asked for. */
const statements = new Map<string, ReturnType<typeof build>>();

function statementFor(shape: Shape): ReturnType<typeof build> {
  const key = Object.values(shape).join();
  const statement = statements.get(key) ?? build(shape);
  statements.set(key, statement);
  return statement;
}

/** A page and the cursor of the next, by keyset: what was inserted or removed meanwhile moves no other task across pages. Throws INVALID_CURSOR. */
export async function listTasks(db: OwnerDb, input: ListTasksInput): Promise<Output<List>> {
  const { sort, order, completed, search = '', limit, cursor } = input;
  const { value, toValue } = sorts[sort];
  const name = `${sort}-${order}`;
  const start = cursor === undefined ? undefined : decodeCursor(cursor, name, value);
  const statement = statementFor({ sort, order, completed, searches: search !== '', continues: start !== undefined });

  const found = await db.run(statement, { rows: limit + 1, search, value: start?.value, after: start?.id });
  const { items, last } = pageOf(found, limit, ({ task }) => task);
  return { items, nextCursor: last ? encodeCursor(name, { value: toValue(last.position), id: last.task.id }) : null };
}
