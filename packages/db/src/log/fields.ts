import { columnOf, type EntityName, entities, type FieldRule } from '@todo/contract';
import type { z } from 'zod';

/** SQL for the fields of an entity, generated from its declaration. */

const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;

export const entityNames: EntityName[] = ['task'];

/** The columns of the declared fields, each with its rule. */
export const writtenColumns = (entity: EntityName): [column: string, rule: FieldRule][] =>
  Object.entries(entities[entity].fields).map(([field, rule]) => [columnOf(field), rule]);

/** These columns as a list, such as `t.title, t.description` for the row `t`. */
export const columnList = (entity: EntityName, row?: string): string =>
  writtenColumns(entity)
    .map(([column]) => (row ? `${row}.${column}` : column))
    .join(', ');

/** A value as the log stores it. Null also stands for the column's default, so a new column needs no change to existing events. */
export const loggedValue = (row: string, column: string, rule: FieldRule): string =>
  rule.default === undefined ? `${row}.${column}` : `nullif(${row}.${column}, ${literal(rule.default)})`;

/** A whole row as the log stores it. */
export function rowAsFields(entity: EntityName, row: string): string {
  const pairs = writtenColumns(entity).map(([column, rule]) => `'${column}', ${loggedValue(row, column, rule)}`);
  return `jsonb_strip_nulls(jsonb_build_object(${[...pairs, `'created_at', ${row}.created_at`].join(', ')}))`;
}

/** The row that a whole-row `fields` value describes; a missing key means the default. */
export function fieldsAsRow(entity: EntityName, fields: string): string {
  const defaults = writtenColumns(entity).flatMap(([column, rule]) => (rule.default === undefined ? [] : [[column, rule.default]]));
  return `jsonb_populate_record(null::${entities[entity].table}, ${literal(JSON.stringify(Object.fromEntries(defaults)))}::jsonb || jsonb_strip_nulls(${fields}))`;
}

type Value = string | null;

/** A value as the API returns it: times in UTC with milliseconds. */
const answered = (value: Value, rule: FieldRule): Value => (value !== null && rule.type === 'timestamp' ? new Date(value).toISOString() : value);

type Values<Name extends EntityName> = {
  [Field in keyof (typeof entities)[Name]['fields']]: z.output<Extract<(typeof entities)[Name]['fields'][Field], { stored: z.ZodType }>['stored']>;
};

/** The values of a whole row in the log, by field name. */
export function fieldValues<Name extends EntityName>(entity: Name, fields: Record<string, Value>): Values<Name>;
export function fieldValues(entity: EntityName, fields: Record<string, Value>): Record<string, Value> {
  const all: [string, FieldRule][] = Object.entries(entities[entity].fields);
  return Object.fromEntries(all.map(([name, rule]) => [name, answered(fields[columnOf(name)] ?? rule.default ?? null, rule)]));
}
