import { columnOf, type EntityName, entities, entityNames, type FieldRule, type FieldValue } from '@todo/contract';
import { type Column, type GetColumnData, type SQL, sql } from 'drizzle-orm';
import type { z } from 'zod';
import { arrayLiteral } from './schema/columns.ts';

/** SQL for the fields of an entity, generated from its declaration. */

const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** A value for each kind of entity. */
export const eachEntity = <Value>(make: (name: EntityName) => Value): Record<EntityName, Value> => ({ list: make('list'), task: make('task') });

export interface Field {
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

export const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

/** SQL for the value of an omitted field. */
export const defaultOf = ({ default: fallback = null }: FieldRule): string =>
  fallback === null ? 'null' : literal(isList(fallback) ? arrayLiteral(fallback) : String(fallback));

/** A value as the log stores it. Null also stands for the column's default, so a new column needs no change to existing events. */
export const loggedValue = (row: string, { column, rule }: Field): string =>
  rule.default === undefined ? `${row}.${column}` : `nullif(${row}.${column}, ${defaultOf(rule)})`;

/** The texts that people write, not choices and the like, which are short. */
export const textsOf = (entity: EntityName) => fieldsOf(entity).filter(({ rule }) => rule.maxCodePoints !== undefined);

/** The bytes of an entity's texts, which count towards its owner's quota. Does not read a text that is stored outside its row. */
export const textBytes = (entity: EntityName, row: string): string =>
  textsOf(entity)
    .map(({ column, rule }) => (rule.type === 'texts' ? `octet_length(array_to_string(${row}.${column}, ''))` : `octet_length(${row}.${column})`))
    .map((bytes) => `coalesce(${bytes}, 0)`)
    .join(' + ');

/** The same for an entity that is not stored yet. */
export const givenBytes = (entity: EntityName, values: Record<string, unknown>): number =>
  textsOf(entity).reduce((sum, { name }) => sum + Buffer.byteLength([values[name] ?? ''].flat().join('')), 0);

const jsonOf = (row: string, fields: readonly Field[], more: readonly string[] = []): string =>
  `jsonb_strip_nulls(jsonb_build_object(${[...fields.map((field) => `'${field.column}', ${loggedValue(row, field)}`), ...more].join(', ')}))`;

const withTime = (row: string, fields: readonly Field[]) => jsonOf(row, fields, [`'created_at', ${row}.created_at`]);

export const rowAsFields = (entity: EntityName, row: string): string => withTime(row, fieldsOf(entity));

/** The same in two parts: what every new entity has, and what differs from its default, with a condition that is true if anything does. */
export function rowInParts(entity: EntityName, row: string) {
  const isUsual = ({ rule }: Field) => rule.assigned || (!rule.nullable && rule.default === undefined);
  const [usual, others] = [fieldsOf(entity).filter(isUsual), fieldsOf(entity).filter((field) => !isUsual(field))];
  const values = others.map(({ column }) => `${row}.${column}`).join(', ');
  const defaults = others.map(({ rule }) => defaultOf(rule)).join(', ');
  return { usual: withTime(row, usual), others: jsonOf(row, others), hasOthers: `(${values}) is distinct from (${defaults})` };
}

/** The row that a whole-row `fields` value describes; a missing key means the default. */
export function fieldsAsRow(entity: EntityName, fields: string): string {
  const defaults = fieldsOf(entity).flatMap(({ column, rule }) => (rule.default === undefined ? [] : [[column, rule.default]]));
  return `jsonb_populate_record(null::${entities[entity].table}, ${literal(JSON.stringify(Object.fromEntries(defaults)))}::jsonb || jsonb_strip_nulls(${fields}))`;
}

/**
 * The columns of such a row as a list, without the values of fields that lack a field they require, and without references for which `isThere` is false. An undo may
 * bring back such values.
 */
export function clearedColumns(entity: EntityName, row: string, isThere: (name: EntityName, id: SQL) => SQL): SQL {
  const fields = fieldsOf(entity);
  const ruleOf = new Map(fields.map(({ name, rule }) => [name, rule]));
  const missing = (name: string | undefined): string[] =>
    name === undefined ? [] : [`${row}.${columnOf(name)} is null`, ...missing(ruleOf.get(name)?.requires)];
  const select = ({ column, rule }: Field) => {
    const value = sql.raw(`${row}.${column}`);
    const target = entityNames.find((name) => name === rule.references);
    if (target !== undefined) return sql`case when ${isThere(target, value)} then ${value} end as ${sql.raw(column)}`;
    if (rule.requires === undefined) return value;
    return sql`case when ${sql.raw(missing(rule.requires).join(' or '))} then ${sql.raw(defaultOf(rule))} else ${value} end as ${sql.raw(column)}`;
  };
  return sql.join(fields.map(select), sql`, `);
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

/** The values with which an entity is created that is given none; null where the database chooses one. */
export const omittedValues = (entity: EntityName): Record<string, FieldValue> =>
  Object.fromEntries(fieldsOf(entity).map(({ name, rule }) => [name, rule.assigned ? null : (rule.default ?? null)]));

export const types: Record<FieldRule['type'], string> = {
  text: 'text',
  timestamp: 'timestamptz(3)',
  date: 'date',
  uuid: 'uuid',
  texts: 'text[]',
  integers: 'integer[]',
};

/** Renames fields to columns, for JSON that PostgreSQL reads. It reads a missing one as null. */
export const toRow = (values: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).flatMap(([name, value]) => (value === null ? [] : [[columnOf(name), value]])));

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
