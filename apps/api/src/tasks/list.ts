import { hasAtMost, isStorable, type Output, type Parsed, type procedures, TITLE_MAX_CODE_POINTS } from '@todo/contract';
import { type OwnerDb, owner, prepare, type Statement, schema } from '@todo/db';
import { and, asc, desc, eq, isNotNull, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { decodeCursor, encodeCursor } from '../paging.ts';
import { taskColumns } from './store.ts';

const { tasks } = schema;
const { placeholder } = sql;

type List = (typeof procedures.tasks)['list'];
type ListTasksInput = Parsed<List>;

const moment = z.iso.datetime({ precision: 3 }).regex(/^[1-9]/);

/** A title that is stored may be older than the present rules for new ones. */
const title = z
  .string()
  .refine(hasAtMost(TITLE_MAX_CODE_POINTS))
  .refine(isStorable)
  .regex(/[^\s\p{Cc}]/u);

/** Each sort order: its column, which an index holds after the owner and before the id, and what its cursor must carry. */
const sorts = {
  created: { column: tasks.createdAt, field: 'createdAt', value: moment },
  updated: { column: tasks.updatedAt, field: 'updatedAt', value: moment },
  title: { column: tasks.title, field: 'title', value: title },
} as const;

type Shape = Pick<ListTasksInput, 'sort' | 'order' | 'completed'> & { searches: boolean; continues: boolean };

function build({ sort, order, completed, searches, continues }: Shape) {
  const { column } = sorts[sort];
  const [direction, beyond] = order === 'asc' ? [asc, sql`>`] : [desc, sql`<`];
  const pattern = placeholder('pattern');
  const rules = [
    eq(tasks.userId, owner),
    completed === undefined ? undefined : completed ? isNotNull(tasks.completedAt) : isNull(tasks.completedAt),
    searches ? sql`(${tasks.title} ilike ${pattern} or ${tasks.description} ilike ${pattern})` : undefined,
    continues ? sql`(${column}, ${tasks.id}) ${beyond} (${placeholder('value')}, ${placeholder('after')}::uuid)` : undefined,
  ];
  return prepare((db) =>
    db
      .select(taskColumns)
      .from(tasks)
      .where(and(...rules))
      .orderBy(direction(column), direction(tasks.id))
      .limit(placeholder('rows')),
  );
}

/** There are 72 shapes of this query; each is built when first asked for. */
const statements = new Map<string, Statement<Output<List>['items']>>();

function statementFor(shape: Shape): Statement<Output<List>['items']> {
  const key = Object.values(shape).join();
  const statement = statements.get(key) ?? build(shape);
  statements.set(key, statement);
  return statement;
}

/** `%` and `_` stand for themselves in a search. */
const containing = (text: string) => `%${text.replace(/[\\%_]/g, '\\$&')}%`;

/** A page and the cursor of the next, by keyset: what was inserted or removed meanwhile moves no other task across pages. Throws INVALID_CURSOR. */
export async function listTasks(db: OwnerDb, input: ListTasksInput): Promise<Output<List>> {
  const { sort, order, completed, search = '', limit, cursor } = input;
  const { field, value } = sorts[sort];
  const name = `${sort}-${order}`;
  const start = cursor === undefined ? undefined : decodeCursor(cursor, name, value);
  const statement = statementFor({ sort, order, completed, searches: search !== '', continues: start !== undefined });

  const found = await db.run(statement, { rows: limit + 1, pattern: containing(search), value: start?.value, after: start?.id });
  const items = found.slice(0, limit);
  const last = found.length > limit ? items.at(-1) : undefined;
  return { items, nextCursor: last ? encodeCursor(name, { value: last[field], id: last.id }) : null };
}
