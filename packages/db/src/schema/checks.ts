import { columnOf, type FieldRule, requirementsOf } from '@todo/contract';
import { sql } from 'drizzle-orm';
import { check } from 'drizzle-orm/pg-core';

type Fields = Record<string, FieldRule>;

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** The name of the constraint on a field that requires another one. */
export const requirementName = (table: string, field: string, required: string) => `${table}_${columnOf(field)}_requires_${columnOf(required)}`;

const isEmpty = (column: string, { default: fallback }: FieldRule) => (Array.isArray(fallback) ? `${column} = '{}'` : `${column} is null`);

/** The rules of the contract that a row can break: fields that require another one, choices, and the numbers of items. */
export function declaredChecks(table: string, fields: Fields) {
  const columns = Object.entries(fields).map(([name, rule]) => ({ column: columnOf(name), rule }));
  return [
    ...requirementsOf(fields).flatMap(([name, required]) => {
      const rule = fields[name];
      return rule ? [check(requirementName(table, name, required), sql.raw(`${columnOf(required)} is not null or ${isEmpty(columnOf(name), rule)}`))] : [];
    }),
    ...columns.flatMap(({ column, rule }) =>
      rule.choices ? [check(`${table}_${column}_choice`, sql.raw(`${column} in (${rule.choices.map(quoted).join(', ')})`))] : [],
    ),
    ...columns.flatMap(({ column, rule }) =>
      rule.maxItems === undefined
        ? []
        : [check(`${table}_${column}_count`, sql.raw(`cardinality(${column}) <= ${rule.maxItems} and array_position(${column}, null) is null`))],
    ),
  ];
}
