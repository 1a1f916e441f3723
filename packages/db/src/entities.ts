import { columnOf, type EntityName, entities, type FieldRule, type FieldValue } from '@todo/contract';
import { type Column, type GetColumnData, type SQL, sql } from 'drizzle-orm';
import type { z } from 'zod';
import { arrayLiteral } from './schema/columns.ts';
import { tasks } from './schema/tasks.ts';

/** SQL for the fields of an entity, generated from its declaration. */

const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;

export const entityNames: EntityName[] = ['task'];

interface Field {
  name: string;
  column: string;
  rule: FieldRule;
}

export const fieldsOf = (entity: EntityName): Field[] =>
  Object.entries(entities[entity].fields).map(([name, rule]) => ({ name, column: columnOf(name), rule }));

/** The columns of the fields as a list, such as `t.title, t.description` for the row `t`. */
export const columnList = (entity: EntityName, row?: string): string =>
  fieldsOf(entity)
    .map(({ column }) => (row ? `${row}.${column}` : column))
    .join(', ');

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

/** SQL for the value of an omitted field. */
export const defaultOf = ({ default: fallback = null }: FieldRule): string =>
  fallback === null ? 'null' : literal(isList(fallback) ? arrayLiteral(fallback) : String(fallback));

/** A value as the log stores it. Null also stands for the column's default, so a new column needs no change to existing events. */
export const loggedValue = (row: string, { column, rule }: Field): string =>
  rule.default === undefined ? `${row}.${column}` : `nullif(${row}.${column}, ${defaultOf(rule)})`;

/** The texts that people write, not choices and the like, which are short. */
const textsOf = (entity: EntityName) => fieldsOf(entity).filter(({ rule }) => rule.maxCodePoints !== undefined);

/** The bytes of an entity's texts, which count towards its owner's quota. Does not read a text that is stored outside its row. */
export const textBytes = (entity: EntityName, row: string): string =>
  textsOf(entity)
    .map(({ column, rule }) => (rule.type === 'texts' ? `octet_length(array_to_string(${row}.${column}, ''))` : `octet_length(${row}.${column})`))
    .map((bytes) => `coalesce(${bytes}, 0)`)
    .join(' + ');

/** The same for a task that is not stored yet. */
export const taskBytes = (values: Record<string, unknown>): number =>
  textsOf('task').reduce((sum, { name }) => sum + Buffer.byteLength([values[name] ?? ''].flat().join('')), 0);

export function rowAsFields(entity: EntityName, row: string): string {
  const pairs = fieldsOf(entity).map((field) => `'${field.column}', ${loggedValue(row, field)}`);
  return `jsonb_strip_nulls(jsonb_build_object(${[...pairs, `'created_at', ${row}.created_at`].join(', ')}))`;
}

/** The row that a whole-row `fields` value describes; a missing key means the default. */
export function fieldsAsRow(entity: EntityName, fields: string): string {
  const defaults = fieldsOf(entity).flatMap(({ column, rule }) => (rule.default === undefined ? [] : [[column, rule.default]]));
  return `jsonb_populate_record(null::${entities[entity].table}, ${literal(JSON.stringify(Object.fromEntries(defaults)))}::jsonb || jsonb_strip_nulls(${fields}))`;
}

/** The columns of such a row as a list, without the values of fields that lack a field they require. An undo may bring back such a value. */
export function clearedColumns(entity: EntityName, row: string): string {
  const fields = fieldsOf(entity);
  const ruleOf = new Map(fields.map(({ name, rule }) => [name, rule]));
  const missing = (name: string | undefined): string[] =>
    name === undefined ? [] : [`${row}.${columnOf(name)} is null`, ...missing(ruleOf.get(name)?.requires)];
  const select = ({ column, rule }: Field) =>
    rule.requires === undefined
      ? `${row}.${column}`
      : `case when ${missing(rule.requires).join(' or ')} then ${defaultOf(rule)} else ${row}.${column} end as ${column}`;
  return fields.map(select).join(', ');
}

/** A value as the API returns it: times in UTC with milliseconds. */
const answered = (value: FieldValue, rule: FieldRule): FieldValue =>
  typeof value === 'string' && rule.type === 'timestamp' ? new Date(value).toISOString() : value;

type Values<Name extends EntityName> = {
  [Field in keyof (typeof entities)[Name]['fields']]: z.output<Extract<(typeof entities)[Name]['fields'][Field], { stored: z.ZodType }>['stored']>;
};

export function fieldValues<Name extends EntityName>(entity: Name, fields: Record<string, FieldValue>): Values<Name>;
export function fieldValues(entity: EntityName, fields: Record<string, FieldValue>): Record<string, FieldValue> {
  return Object.fromEntries(fieldsOf(entity).map(({ name, column, rule }) => [name, answered(fields[column] ?? rule.default ?? null, rule)]));
}

const taskFields = fieldsOf('task');
const editable = taskFields.filter(({ rule }) => rule.writtenBy === 'edit');

export type TaskField = keyof typeof entities.task.fields;

export const fieldNames = taskFields.map(({ name }) => name);
/** The fields that creating and editing write. */
export const editableNames = editable.map(({ name }) => name);

export const fieldColumns = (relation?: string): SQL => sql.raw(columnList('task', relation));
export const editableColumns = (relation: string): SQL => sql.raw(editable.map(({ column }) => `${relation}.${column}`).join(', '));

const types: Record<FieldRule['type'], string> = { text: 'text', timestamp: 'timestamptz(3)', date: 'date', texts: 'text[]', integers: 'integer[]' };

/** The columns of a row of jsonb_to_recordset: an id and the fields. */
export const fieldRecord: SQL = sql.raw(['id uuid', ...taskFields.map(({ column, rule }) => `${column} ${types[rule.type]}`)].join(', '));

/** Renames fields to columns, for JSON that PostgreSQL reads. */
export const toRow = (values: object): Record<string, unknown> => Object.fromEntries(Object.entries(values).map(([name, value]) => [columnOf(name), value]));

const isGiven = (name: string) => `has ${name}`;

/**
 * Assignments for the editable fields of a patch; a field that is missing from the patch keeps its value. If `isAllowed` is false, the title becomes null, which the
 * table refuses, so nothing is stored. One assignment a column: jsonb_populate_record builds the whole row, which takes a tenth of an edit's processor time.
 */
export const patched = (isAllowed?: SQL): SQL =>
  sql.join(
    editable.map(({ name, column, rule }) => {
      const [target, type] = [sql.raw(column), sql.raw(types[rule.type])];
      const value = sql`case when ${sql.placeholder(isGiven(name))}::boolean then ${sql.placeholder(name)}::${type} else ${tasks}.${target} end`;
      return name === 'title' && isAllowed ? sql`${target} = case when ${isAllowed} then ${value} end` : sql`${target} = ${value}`;
    }),
    sql`, `,
  );

export const patchValues = (input: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    editableNames.flatMap((name) => [
      [isGiven(name), input[name] !== undefined],
      [name, isList(input[name]) ? arrayLiteral(input[name]) : (input[name] ?? null)],
    ]),
  );

export function eachField<Value>(make: (name: string) => Value): Record<TaskField, Value>;
export function eachField<Value>(make: (name: string) => Value): Record<string, Value> {
  return Object.fromEntries(fieldNames.map((name) => [name, make(name)]));
}

export function pickFields<Whole extends Record<TaskField, unknown>>(whole: Whole): Pick<Whole, TaskField>;
export function pickFields(whole: Record<string, unknown>): Record<string, unknown> {
  return eachField((name) => whole[name]);
}

/** The bytes of a stored task's texts: at most its size as JSON. */
export const storedTaskBytes: SQL = sql.raw(textBytes('task', entities.task.table));

/** The most that can be, in bytes. */
export const storedTaskMaxBytes = textsOf('task').reduce((sum, { rule }) => sum + 4 * (rule.maxCodePoints ?? 0) * (rule.maxItems ?? 1), 0);

/** The most bytes that the other columns of a task take in a response, with all names. */
const REST_MAX_BYTES = 700;

/** An upper bound for the size of a stored task in a response, in bytes. */
export const taskJsonBytes: SQL = sql.raw(`octet_length(to_json(row(${columnList('task', entities.task.table)}))::text) + ${REST_MAX_BYTES}`);

/** The sum of `size` over the rows before this one in this order, to send no more than fits on a page. */
export const sumBefore = (size: SQL, ...order: SQL[]): SQL<number> =>
  sql`coalesce(sum(${size}) over (order by ${sql.join(order, sql`, `)} rows between unbounded preceding and 1 preceding), 0)`;

/** Columns that a subquery has selected. Drizzle's own are proxies, through which it reads each value of each row: that takes longer than the query. */
export function columnsOf<Columns extends Record<string, Column>>(
  subquery: string,
  columns: Columns,
): { [Name in keyof Columns]: SQL<GetColumnData<Columns[Name]>> };
export function columnsOf(subquery: string, columns: Record<string, Column>): Record<string, SQL> {
  const select = (column: Column) => sql`${sql.identifier(subquery)}.${sql.identifier(column.name)}`.mapWith(column);
  return Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, select(column)]));
}

/** The columns of a task in a response. */
export const taskColumns = { id: tasks.id, ...pickFields(tasks), createdAt: tasks.createdAt, updatedAt: tasks.updatedAt, version: tasks.version };
