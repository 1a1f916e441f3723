import { entities } from '@todo/contract';
import { createSource, type Source } from '../drafts/draft.ts';
import { FIRST_COLUMNS, LAST_COLUMNS, ownColumns, unguard } from '../own-csv.ts';
import { itemsOf, selectColumns, type Table } from '../parsing/csv.ts';

const fields: [name: string, { type: string }][] = Object.entries(entities.task.fields);

/** Other files do not begin and end with the columns of ours. */
export const isOwnCsv = ({ columns }: Table): boolean =>
  FIRST_COLUMNS.every((name, i) => columns[i] === name) && LAST_COLUMNS.every((name, i) => columns[columns.length - LAST_COLUMNS.length + i] === name);

/** The value of a cell, by the type of its field. */
function readCell(type: string, cell: string): unknown {
  if (cell === '') return undefined;
  if (type === 'texts') return itemsOf(unguard(cell));
  if (type === 'integers') return itemsOf(cell).map(Number);
  return type === 'text' ? unguard(cell) : cell.trim();
}

/** Reads a CSV file that `tasksToCsv` has written. */
export function readOwnCsv(table: Table): Source {
  const source = createSource('todo-csv');
  const lower = (name: string) => name.toLowerCase();
  const { rows, ignored } = selectColumns(table, ownColumns().map(lower));
  source.ignored = ignored;
  for (const { line, fault, cell } of rows) {
    if (fault !== undefined) {
      source.problems.push({ line, message: fault });
      continue;
    }
    const values = Object.fromEntries(fields.map(([name, { type }]) => [name, readCell(type, cell(lower(name)))]));
    const id = lower(cell('id').trim());
    const [list, parent] = [lower(cell('listid').trim()), lower(cell('parentid').trim())];
    source.drafts.push({ line, id, key: id, list: list || undefined, parent: parent || undefined, values, kept: [] });
    if (list !== '' && !source.lists.some(({ key }) => key === list)) source.lists.push({ key: list, id: list, source: list, name: unguard(cell('list')) });
  }
  return source;
}
