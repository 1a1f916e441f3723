import { entities, type Field } from '@todo/contract';
import { TodoError } from '../transport/error.ts';
import { readTable, selectColumns, type Table } from './csv.ts';
import type { TaskFile } from './portable.ts';

interface Draft {
  /** Its first line in the file, from 1. */
  line: number;
  /** '' if it has none. */
  id: string;
  values: Map<string, string>;
}

interface Drafts extends Pick<TaskFile, 'problems' | 'ignored'> {
  drafts: Draft[];
}

const fields: [name: string, field: Field][] = Object.entries(entities.task.fields);
const OWN = ['id', ...fields.map(([name]) => name.toLowerCase())];

function readOwn(table: Table): Drafts {
  const { rows, ignored } = selectColumns(table, OWN);
  const drafts: Draft[] = [];
  const problems: TaskFile['problems'] = [];
  for (const { line, fault, cell } of rows) {
    const values = fields.map(([name, { type }]): [string, string] => {
      const text = cell(name.toLowerCase());
      return [name, type === 'text' ? text : text.trim()];
    });
    if (fault === undefined) drafts.push({ line, id: cell('id').trim(), values: new Map(values) });
    else problems.push({ line, message: fault });
  }
  return { drafts, problems, ignored };
}

const TODOIST = ['type', 'content', 'description'] as const;
const OF_NO_TASK = 'This comment belongs to no task.';
const OF_BAD_ROW = 'This comment belongs to a row that cannot be imported.';

/** Comments follow their task and become part of its description. */
function readTodoist(table: Table): Drafts {
  const { rows, ignored } = selectColumns(table, TODOIST);
  const drafts: Draft[] = [];
  const problems: TaskFile['problems'] = [];
  const types = new Set<string>();
  /** The task that the next comment belongs to, or why there is none. */
  let parent: Draft | string = OF_NO_TASK;
  for (const { line, fault, cell } of rows) {
    const [type, title, description] = [cell('type').trim().toLowerCase(), cell('content'), cell('description')];
    const refuse = (message: string) => problems.push({ line, message });
    types.add(type);
    if (type === 'note') {
      if (fault !== undefined || typeof parent === 'string') refuse(fault ?? String(parent));
      else parent.values.set('description', [parent.values.get('description'), title, description].filter(Boolean).join('\n\n'));
    } else if (fault !== undefined) {
      refuse(fault);
      parent = OF_BAD_ROW;
    } else if (type === 'task') {
      parent = { line, id: '', values: new Map(Object.entries({ title, description })) };
      drafts.push(parent);
    } else if (type === 'section' || type === 'meta') {
      parent = OF_NO_TASK;
    } else if (type !== '' || title !== '' || description !== '') {
      refuse(`TYPE must be task, note, section or meta, not ${JSON.stringify(type)}.`);
      parent = OF_BAD_ROW;
    }
  }
  return { drafts, problems, ignored: [...(types.has('section') ? ['section'] : []), ...ignored] };
}

/** Reads a CSV file of tasks. Throws INVALID_INPUT if its header lacks the required columns, or names one twice. */
export function readDrafts(file: string): Drafts {
  const table = readTable(file);
  const names = table.columns.map((name) => name.toLowerCase());
  if (names.includes('type') && names.includes('content')) return readTodoist(table);
  if (names.includes('title')) return readOwn(table);
  throw new TodoError('INVALID_INPUT', 'The first line of a CSV file must name the column "title", or the columns TYPE and CONTENT as in Todoist.');
}
