import type { TaskExport } from '@todo/contract';
import Papa from 'papaparse';
import { guard, ownColumns } from '../own-csv.ts';
import { recordOf, textOf } from '../parsing/json.ts';

/** Lists are cells that are a row of CSV themselves; numbers and times cannot be formulas. */
function cellOf(value: unknown): string {
  if (Array.isArray(value)) return guard(Papa.unparse([value], { newline: '\n' }));
  return typeof value === 'string' ? guard(value.replace(/\r\n?/g, '\n')) : textOf(value);
}

/**
 * The tasks of an export as CSV, with a column for each field and one for the name of the list. A cell that a program for spreadsheets would take for a formula
 * begins with an apostrophe; `readTaskFile` takes it away again. Lists without tasks, and the colors of lists, have no place in it.
 */
export function tasksToCsv(document: TaskExport): string {
  const names = new Map<unknown, string>(document.lists.map(({ id, name }) => [id, name]));
  const columns = ownColumns();
  const rows = document.tasks.map((task) => {
    const values: Record<string, unknown> = recordOf(task);
    return columns.map((column) => cellOf(column === 'list' ? names.get(values.listId) : values[column]));
  });
  return `${Papa.unparse([columns, ...rows], { newline: '\r\n' })}\r\n`;
}
