import type { ChangePage, EntityName, List, Task } from '@todo/contract';
import { fields } from '../fields.ts';

/** Version of a row that the server has not created yet. */
const UNCREATED_VERSION = 0;

/** A new row with the given fields, and the fallback of the others. */
export function newRow(entity: 'task', input: object, at: string): Task;
export function newRow(entity: 'list', input: object, at: string): List;
export function newRow(entity: EntityName, input: object, at: string): object {
  const given = Object(input);
  const values = Object.entries(fields[entity]).map(([name, { fallback }]) => [name, given[name] ?? fallback]);
  return { id: given.id, ...Object.fromEntries(values), createdAt: at, updatedAt: at, version: UNCREATED_VERSION };
}

/** The fields of an input that an edit writes, with null for one that is cleared. */
export const editedIn = (entity: EntityName, input: object): [name: string, value: unknown][] =>
  Object.entries(input).filter(([name, value]) => value !== undefined && fields[entity][name]?.writtenBy === 'edit');

/** The row after an edit of these fields. A field that is cleared takes those with it that require it. */
export function edited<Row extends List | Task>(entity: EntityName, row: Row, input: object, at: string): Row {
  const declared = fields[entity];
  const next: Record<string, unknown> = { ...row, updatedAt: at };
  for (const [name, value] of editedIn(entity, input)) next[name] = value ?? declared[name]?.fallback ?? null;
  for (const [name, { requires, fallback }] of Object.entries(declared)) if (requires !== undefined && next[requires] === null) next[name] = fallback;
  return { ...row, ...next };
}

type RowChange = ChangePage['changes'][number];

const isRow = (value: unknown): value is { id: string; version: number } => value instanceof Object && 'id' in value && 'version' in value;

/** The rows in the answer to a call, such as the task of tasks.edit, or those of tasks.editMany. */
export function answeredRows(path: string, output: unknown): RowChange[];
export function answeredRows(path: string, output: unknown): object[] {
  const [group = ''] = path.split('.');
  const entity = group.slice(0, -1);
  if (!(entity in fields)) return [];
  const { [group]: many, seq: _, ...one } = Object(output);
  const rows: unknown[] = Array.isArray(many) ? many : [one];
  return rows.filter(isRow).map((value) => ({ entity, id: value.id, value }));
}
