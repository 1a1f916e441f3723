import { columnOf, type EntityName, entities } from '@todo/contract';
import { type SQL, sql } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import { columnList, eachEntity, fieldsOf, isList, textBytes, textsOf, types } from './entities.ts';
import { arrayLiteral } from './schema/columns.ts';
import { lists, newLists } from './schema/lists.ts';
import { newTasks, tasks } from './schema/tasks.ts';

type FieldOf<Name extends EntityName> = keyof (typeof entities)[Name]['fields'];

export function eachField<Name extends EntityName, Value>(name: Name, make: (field: string) => Value): Record<FieldOf<Name>, Value>;
export function eachField<Value>(name: EntityName, make: (field: string) => Value): Record<string, Value> {
  return Object.fromEntries(fieldsOf(name).map((field) => [field.name, make(field.name)]));
}

export function pickFields<Name extends EntityName, Whole extends Record<FieldOf<Name>, unknown>>(name: Name, whole: Whole): Pick<Whole, FieldOf<Name>>;
export function pickFields(name: EntityName, whole: Record<string, unknown>): Record<string, unknown> {
  return eachField(name, (field) => whole[field]);
}

/** The columns of a list and a task in a response. */
export const listColumns = { id: lists.id, ...pickFields('list', lists), createdAt: lists.createdAt, updatedAt: lists.updatedAt, version: lists.version };
export const taskColumns = { id: tasks.id, ...pickFields('task', tasks), createdAt: tasks.createdAt, updatedAt: tasks.updatedAt, version: tasks.version };

type KeyColumns = Record<'userId' | 'id', PgColumn>;

const stored = {
  list: { table: lists, added: newLists, columns: listColumns },
  task: { table: tasks, added: newTasks, columns: taskColumns },
};

/** What statements name of one kind of entity, generated from its declaration. */
export interface EntityTable {
  table: PgTable & KeyColumns & Record<'version', PgColumn>;
  /** The columns that an insert may set. */
  added: PgTable & KeyColumns;
  /** The columns of a response. */
  columns: Record<string, PgColumn>;
  fieldNames: string[];
  /** The fields that editing writes, and those that creating writes. */
  editableNames: string[];
  creatableNames: string[];
  /** The column of a field that no row lacks. */
  required: string;
  /** The columns of a row of jsonb_to_recordset: an id and the fields. */
  record: SQL;
  /** The bytes of a stored entity's texts: at most its size as JSON. */
  bytes: SQL;
  /**
   * Assignments for the editable fields of a patch; a field that is missing from the patch keeps its value. `computed` makes another value of that of a
   * field. If `isAllowed` is false, the required field becomes null, which the table refuses, so nothing is stored. One assignment a column: jsonb_populate_record
   * builds the whole row, which takes a tenth of an edit's processor time.
   */
  patched(computed?: Record<string, (value: SQL) => SQL>, isAllowed?: SQL): SQL;
}

const isGiven = (name: string) => `has ${name}`;

function tableOf(name: EntityName): EntityTable {
  const fields = fieldsOf(name);
  const editable = fields.filter(({ rule }) => rule.writtenBy === 'edit');
  const [required] = fields.filter(({ rule }) => !rule.nullable && rule.default === undefined);
  if (!required) throw new Error(`A ${name} needs a required field.`);
  const { table } = stored[name];
  return {
    ...stored[name],
    fieldNames: fields.map((field) => field.name),
    editableNames: editable.map((field) => field.name),
    creatableNames: fields.filter(({ rule }) => rule.writtenBy !== 'import').map((field) => field.name),
    required: required.name,
    record: sql.raw(['id uuid', ...fields.map(({ column, rule }) => `${column} ${types[rule.type]}`)].join(', ')),
    bytes: sql.raw(textBytes(name, entities[name].table)),
    patched: (computed = {}, isAllowed) =>
      sql.join(
        editable.map((field) => {
          const [target, type] = [sql.raw(field.column), sql.raw(types[field.rule.type])];
          const patch = sql`case when ${sql.placeholder(isGiven(field.name))}::boolean then ${sql.placeholder(field.name)}::${type} else ${table}.${target} end`;
          const value = computed[field.name]?.(patch) ?? patch;
          return field === required && isAllowed ? sql`${target} = case when ${isAllowed} then ${value} end` : sql`${target} = ${value}`;
        }),
        sql`, `,
      ),
  };
}

export const tables = eachEntity(tableOf);

export const patchValues = (name: EntityName, input: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    tables[name].editableNames.flatMap((field) => [
      [isGiven(field), input[field] !== undefined],
      [field, isList(input[field]) ? arrayLiteral(input[field]) : (input[field] ?? null)],
    ]),
  );

/** The columns of the fields, or of those with the given names, in a relation. */
export const fieldColumns = (name: EntityName, relation?: string, names = tables[name].fieldNames): SQL =>
  sql.raw(names.map((field) => (relation ? `${relation}.${columnOf(field)}` : columnOf(field))).join(', '));

/** The columns of the fields in one relation, with those of another one where the database chose them. */
export const givenColumns = (name: EntityName, relation: string, chosen: string): SQL =>
  sql.raw(
    fieldsOf(name)
      .map(({ column, rule }) => (rule.assigned ? `coalesce(${relation}.${column}, ${chosen}.${column})` : `${relation}.${column}`))
      .join(', '),
  );

/** The fields of which a new entity has values, because they are given or the database does not choose them. */
export const givenNames = (name: EntityName, values: object): string[] => {
  const given = new Map<string, unknown>(Object.entries(values));
  return fieldsOf(name).flatMap((field) => (field.rule.assigned && (given.get(field.name) ?? null) === null ? [] : [field.name]));
};

/** The most bytes that the texts of a task can take. */
export const storedTaskMaxBytes = textsOf('task').reduce((sum, { rule }) => sum + 4 * (rule.maxCodePoints ?? 0) * (rule.maxItems ?? 1), 0);

/** The most bytes that the other columns of a task take in a response, with all names. */
const REST_MAX_BYTES = 700;

/** An upper bound for the size of a stored task in a response, in bytes. */
export const taskJsonBytes: SQL = sql.raw(`octet_length(to_json(row(${columnList('task', entities.task.table)}))::text) + ${REST_MAX_BYTES}`);
