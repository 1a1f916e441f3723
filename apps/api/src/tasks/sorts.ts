import { entities, hasAtMost, isStorable, type Parsed, POSITION_MAX_BYTES, type procedures, TITLE_MAX_CODE_POINTS } from '@todo/contract';
import { schema } from '@todo/db';
import { asc, desc, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import { z } from 'zod';

const { tasks } = schema;
const { placeholder } = sql;

type ListTasksInput = Parsed<(typeof procedures.tasks)['list']>;
export type SortName = ListTasksInput['sort'];
export type Order = ListTasksInput['order'];

/** How tasks are sorted, before their ids: the value, as text for a cursor, and a cursor's value with its schema. */
interface Sort {
  by: SQLWrapper;
  text: SQL<string | null>;
  toValue(text: string): string;
  value: z.ZodType<string>;
  /** The value of a cursor in SQL. */
  given: SQL;
  nullable: boolean;
}

const given = (type: string) => sql`${placeholder('value')}::${sql.raw(type)}`;
const same = (text: string) => text;

/** PostgreSQL's text, because the driver truncates microseconds. */
const asText = (value: SQLWrapper) => sql<string | null>`${value}::text`;

function toIso(text: string): string {
  const [seconds, fraction = ''] = text.slice(11, -'+00'.length).split('.');
  return `${text.slice(0, 10)}T${seconds}.${fraction.padEnd(6, '0')}Z`;
}

const time = z.iso.datetime({ precision: 6 }).regex(/^[1-9]/);
const byTime = (column: SQLWrapper, nullable: boolean): Sort => ({
  by: column,
  text: asText(column),
  toValue: toIso,
  value: time,
  given: given('timestamptz'),
  nullable,
});

/** Stored titles may predate the current rules for new ones, so this check is looser. */
const title = z
  .string()
  .refine(hasAtMost(TITLE_MAX_CODE_POINTS))
  .refine(isStorable)
  .regex(/[^\s\p{Cc}]/u);

const priorities = entities.task.fields.priority.stored;
const rankOf = (priority: SQLWrapper) => sql`array_position(${sql.raw(`'{${priorities.options.join()}}'::text[]`)}, ${priority})`;

export const sorts: Record<SortName, Sort> = {
  position: {
    by: sql`${tasks.position} collate "C"`,
    text: asText(tasks.position),
    toValue: same,
    value: z.string().max(POSITION_MAX_BYTES),
    given: given('text'),
    nullable: false,
  },
  created: byTime(tasks.createdAt, false),
  updated: byTime(tasks.updatedAt, false),
  title: { by: tasks.title, text: asText(tasks.title), toValue: same, value: title, given: given('text'), nullable: false },
  due: { by: tasks.dueDate, text: asText(tasks.dueDate), toValue: same, value: z.iso.date().regex(/^[1-9]/), given: given('date'), nullable: true },
  priority: {
    by: rankOf(tasks.priority),
    text: asText(tasks.priority),
    toValue: same,
    value: priorities,
    given: rankOf(given('text')),
    nullable: false,
  },
  completed: byTime(tasks.completedAt, true),
};

/** Null sorts after every value, as in PostgreSQL's indexes. */
export function orderBy(sort: Sort, order: Order): SQL[] {
  const direction = order === 'asc' ? asc : desc;
  return [direction(sort.by), direction(tasks.id)];
}

/** What comes after the cursor. A comparison of rows finds it in an index, but is never true of a null. */
export function isBeyond({ by, given }: Sort, order: Order, hasNulls: boolean): SQL {
  const after = sql`${placeholder('after')}::uuid`;
  const beyond = order === 'asc' ? sql`>` : sql`<`;
  const rows = sql`(${by}, ${tasks.id}) ${beyond} (${given}, ${after})`;
  if (!hasNulls) return rows;
  const amongNulls = sql`${by} is null and ${tasks.id} ${beyond} ${after}`;
  return order === 'asc'
    ? sql`case when ${given} is null then ${amongNulls} else ${by} is null or ${rows} end`
    : sql`case when ${given} is null then ${by} is not null or ${amongNulls} else ${rows} end`;
}
