import { columnOf, type FieldRule, requirementsOf } from '@todo/contract';

type Fields = Record<string, FieldRule>;

/** A rule on a field that a row must keep. */
export interface Rule {
  /** Its name in errors, as of a constraint. */
  name: string;
  column: string;
  /** SQL about the row `new` that is false when it is broken. */
  condition: string;
}

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** JavaScript escapes slashes in the source of an expression. */
const sourceOf = (pattern: RegExp) => quoted(pattern.source.replaceAll('\\/', '/'));

export const requirementName = (table: string, field: string, required: string) => `${table}_${columnOf(field)}_requires_${columnOf(required)}`;

/** What the declaration of a field says of its value, by the last word of the rule's name. */
const conditions: Record<string, (value: string, rule: FieldRule) => string | undefined> = {
  choice: (value, { choices }) => choices && `${value} in (${choices.map(quoted).join(', ')})`,
  count: (value, { maxItems }) => (maxItems === undefined ? undefined : `cardinality(${value}) <= ${maxItems} and array_position(${value}, null) is null`),
  range: (value, { type, max }) =>
    type === 'date' ? `${value} between '1000-01-01' and '9999-12-31'` : max === undefined ? undefined : `0 <= all (${value}) and ${max} >= all (${value})`,
  form: (value, { pattern }) => pattern && `${value} ~ ${sourceOf(pattern)}`,
  length: (value, { maxCharacters }) => (maxCharacters === undefined ? undefined : `char_length(${value}) between 1 and ${maxCharacters}`),
};

/**
 * The rules of the contract that a row can break, apart from the lengths of the long texts, which are CHECK constraints. A trigger keeps them: PostgreSQL parses
 * the expression of every CHECK anew for every statement, see docs/decisions/0031.
 */
export function rulesOf(table: string, fields: Fields): Rule[] {
  const isEmpty = (column: string, { default: fallback }: FieldRule) => (Array.isArray(fallback) ? `new.${column} = '{}'` : `new.${column} is null`);
  const required = requirementsOf(fields).flatMap(([field, other]): Rule[] => {
    const [column, rule] = [columnOf(field), fields[field]];
    return rule ? [{ name: requirementName(table, field, other), column, condition: `new.${columnOf(other)} is not null or ${isEmpty(column, rule)}` }] : [];
  });
  const values = Object.entries(fields).flatMap(([field, rule]) =>
    Object.entries(conditions).flatMap(([word, conditionOf]): Rule[] => {
      const column = columnOf(field);
      const condition = conditionOf(`new.${column}`, rule);
      return condition === undefined ? [] : [{ name: `${table}_${column}_${word}`, column, condition }];
    }),
  );
  return [...required, ...values];
}
