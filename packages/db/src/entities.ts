import { columnOf, entities, type FieldRule } from '@todo/contract';
import { type SQL, sql } from 'drizzle-orm';

const { fields } = entities.task;

/** The name of a field of a task. */
export type TaskField = keyof typeof fields;

const rules: [name: string, rule: FieldRule][] = Object.entries(fields);
const editable = rules.filter(([, { writtenBy }]) => writtenBy === 'edit');

export const fieldNames = rules.map(([name]) => name);
/** The fields that creating and editing write. */
export const editableNames = editable.map(([name]) => name);

const quoted = (name: string) => `"${columnOf(name)}"`;
const list = (names: string[], relation: string | undefined): SQL =>
  sql.raw(names.map((name) => (relation === undefined ? quoted(name) : `${relation}.${quoted(name)}`)).join(', '));

/** The columns of the fields, separated by commas; of `relation`, if it is named. */
export const fieldColumns = (relation?: string): SQL => list(fieldNames, relation);
export const editableColumns = (relation?: string): SQL => list(editableNames, relation);

const types: Record<FieldRule['type'], string> = { text: 'text', timestamp: 'timestamptz(3)' };

/** The columns of a row of jsonb_to_recordset: an id and the fields. */
export const fieldRecord: SQL = sql.raw(['id uuid', ...rules.map(([name, { type }]) => `${quoted(name)} ${types[type]}`)].join(', '));

/** For ON CONFLICT DO UPDATE: the row that is there takes every field from the row that was to be inserted. */
export const fromExcluded: Record<string, SQL> = Object.fromEntries(fieldNames.map((name) => [name, sql.raw(`excluded.${quoted(name)}`)]));

/** Values under the names of their columns, to be read from JSON by PostgreSQL. */
export const toRow = (values: object): Record<string, unknown> => Object.fromEntries(Object.entries(values).map(([name, value]) => [columnOf(name), value]));

/** The same for an edit: what the input says of the editable fields, and of nothing else. */
export const toPatch = (input: object) => toRow(Object.fromEntries(Object.entries(input).filter(([name]) => editableNames.includes(name))));

/** The fields alone of what has them by name. */
export function pickFields<Whole extends Record<TaskField, unknown>>(whole: Whole): Pick<Whole, TaskField>;
export function pickFields(whole: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(fieldNames.map((name) => [name, whole[name]]));
}

/** Something for each field, by its name. */
export function eachField<Value>(make: (name: string) => Value): Record<TaskField, Value>;
export function eachField<Value>(make: (name: string) => Value): Record<string, Value> {
  return Object.fromEntries(fieldNames.map((name) => [name, make(name)]));
}
