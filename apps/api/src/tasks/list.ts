import type { Output, Parsed, procedures } from '@todo/contract';
import { type OwnerDb, prepare, storedTaskMaxBytes, sumBefore, tables, taskColumns } from '@todo/db';
import { and, sql } from 'drizzle-orm';
import { decodeCursor, encodeCursor, pageOf } from '../paging.ts';
import { type Access, accessedTasks, accessOf, accessRule, filterValues, isNeverNull } from './filters.ts';
import { isBeyond, type Order, orderBy, type SortName, sorts } from './sorts.ts';

const { placeholder } = sql;

type List = (typeof procedures.tasks)['list'];

interface Shape {
  access: Access;
  sort: SortName;
  order: Order;
  continues: boolean;
  /** Whether so many tasks may be more than fits on a page. */
  canExceed: boolean;
}

/** Plain columns, of relations that have the table's name: Drizzle maps those in half the time that it takes for expressions or columns of a subquery. */
const columns = { task: taskColumns };

function build({ access, sort, order, continues, canExceed }: Shape) {
  const byOrder = orderBy(sorts[sort], order);
  const rule = and(accessRule(access), continues ? isBeyond(sorts[sort], order, !isNeverNull(access, sort)) : undefined);
  return prepare((db) => {
    const read = (more: object) =>
      db
        .select({ ...columns, sorted: sorts[sort].text.as('sorted'), ...more })
        .from(accessedTasks(access))
        .where(rule)
        .orderBy(...byOrder)
        .limit(placeholder('rows'));
    if (!canExceed) return read({});
    const page = read({ before: sumBefore(tables.task.bytes, ...byOrder).as('before') }).as('tasks');
    return db
      .select({ ...columns, sorted: sql<string | null>`sorted` })
      .from(page)
      .where(sql`before <= ${placeholder('bytes')}`);
  });
}

/**
 * Built on first use. Each connection prepares each statement, which takes memory there, so the filters make only nine kinds of them: together with the sorts,
 * their orders, whether there is a cursor, and whether the size of a page is checked, these are at most 504.
 */
const statements = new Map<string, ReturnType<typeof build>>();

function statementFor(shape: Shape): ReturnType<typeof build> {
  const key = Object.values(shape).join();
  const statement = statements.get(key) ?? build(shape);
  statements.set(key, statement);
  return statement;
}

/** Keyset pagination: concurrent inserts and removals do not move other tasks across pages. */
export async function listTasks(db: OwnerDb, input: Parsed<List>, bytes: number): Promise<Output<List>> {
  const { sort, order, limit, cursor } = input;
  const { value, toValue } = sorts[sort];
  const name = `${sort}-${order}`;
  const access = accessOf(input);
  const start = cursor === undefined ? undefined : decodeCursor(cursor, name, isNeverNull(access, sort) ? value : value.nullable());
  const canExceed = (limit + 1) * storedTaskMaxBytes > bytes;
  const statement = statementFor({ access, sort, order, continues: start !== undefined, canExceed });

  const found = await db.run(statement, { ...filterValues(input), rows: limit + 1, bytes, value: start?.value, after: start?.id });
  const { items, last } = pageOf(found, { items: limit, bytes }, ({ task }) => task);
  const valueIn = (sorted: string | null) => (sorted === null ? null : toValue(sorted));
  return { items, nextCursor: last ? encodeCursor(name, { value: valueIn(last.sorted), id: last.task.id }) : null };
}
