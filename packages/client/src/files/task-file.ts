import { type EntityName, entities, entityNames, type ImportTask, list, task } from '@todo/contract';
import { v5 as uuidv5 } from 'uuid';
import { TodoError } from '../transport/error.ts';
import { readDrafts } from './csv-tasks.ts';
import { createReader, type Fault, fieldsOf, type Imports } from './file-task.ts';
import { assertDecoded, toText } from './file-text.ts';
import { EXPORT_VERSIONS, type TaskFile } from './portable.ts';

/** The namespace of row ids. If it changed, files that were imported before would be imported again. */
const NAMESPACE = '6f3c1f0e-54a5-4d0b-9c8e-0d1b7a2f6c11';

const sentences = (name: EntityName, faults: Fault[]) => faults.map(({ field, message }) => `The ${field || name} ${message}.`).join(' ');

const schemas = { list, task };
const nameOf = { list: 'List', task: 'Task' };

/** The lists and tasks of an export. Before version 3 it had no lists. */
function parseExport(text: string): Record<EntityName, unknown[]> {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw new TodoError('INVALID_INPUT', 'This file is not valid JSON. It may be incomplete.', { cause });
  }
  const fields = fieldsOf(content);
  if (fields.get('format') !== 'todo-export') throw new TodoError('INVALID_INPUT', 'This JSON file is not an export of Todo.');
  if (!EXPORT_VERSIONS.includes(fields.get('version')))
    throw new TodoError(
      'INVALID_INPUT',
      `This export has version ${JSON.stringify(fields.get('version'))}. This client reads versions ${EXPORT_VERSIONS.join(', ')}.`,
    );
  const all = (name: EntityName): unknown[] => {
    const { table } = entities[name];
    const values = fields.get(table) ?? (name === 'list' ? [] : undefined);
    if (!Array.isArray(values)) throw new TodoError('INVALID_INPUT', `This export is damaged: its ${table} are not an array.`);
    return values;
  };
  return { list: all('list'), task: all('task') };
}

function readAll<Name extends EntityName>(name: Name, values: unknown[], { problems, ignored }: { problems: TaskFile['problems']; ignored: Set<string> }) {
  const read = createReader(name);
  const items: Imports[Name][] = [];
  for (const [index, value] of values.entries()) {
    const found = read(value);
    if (Array.isArray(found)) problems.push({ line: index + 1, message: `${nameOf[name]} ${index + 1}: ${sentences(name, found)}` });
    else items.push(found);
    for (const [field, content] of fieldsOf(value)) if (!(field in schemas[name].shape) && content !== null && content !== '') ignored.add(field);
  }
  return items;
}

function readExport(text: string): TaskFile {
  const values = parseExport(text);
  const isEmpty = entityNames.every((name) => values[name].length === 0);
  const problems: TaskFile['problems'] = isEmpty ? [{ line: 1, message: 'This export holds no lists and no tasks.' }] : [];
  const found = { problems, ignored: new Set<string>() };
  const [lists, tasks] = [readAll('list', values.list, found), readAll('task', values.task, found)];
  return { lists, tasks, problems, ignored: [...found.ignored] };
}

/** Derives the id of a row from its content, so another import gives it the same id wherever it is in the file. Equal rows are numbered. */
function readCsv(text: string, list: string): TaskFile {
  const { drafts, problems, ignored } = readDrafts(text);
  if (drafts.length + problems.length === 0) throw new TodoError('INVALID_INPUT', 'This file holds no tasks.');
  const read = createReader('task');
  const tasks: ImportTask[] = [];
  const seen = new Map<string, number>();
  for (const { line, id, values } of drafts) {
    // Determines the ids, also those of files imported before, so it must not change. Some systems return file names in NFD.
    const content = JSON.stringify([list.normalize('NFC'), values.get('title'), values.get('description')]);
    const before = seen.get(content) ?? 0;
    const given = [...values].filter(([, text]) => text !== '');
    const found = read({ id: id || uuidv5(`${before} ${content}`, NAMESPACE), ...Object.fromEntries(given) });
    if (Array.isArray(found)) {
      problems.push({ line, message: sentences('task', found) });
    } else {
      tasks.push(found);
      seen.set(content, before + 1);
    }
  }
  return { lists: [], tasks, problems: problems.sort((a, b) => a.line - b.line), ignored };
}

/**
 * Reads a file for `importTasks`: an export of `exportAccount`, a CSV file of Todoist, or a CSV file with a column title and optional columns for the id and the
 * other fields. Bytes may be UTF-8, or UTF-16 with a byte order mark. The same row gets the same id each time; `list`, such as the file name, distinguishes
 * equal rows of two lists. Throws INVALID_INPUT for any other file, and for CSV without rows.
 */
export function readTaskFile(file: string | Uint8Array, list = ''): TaskFile {
  const text = toText(file);
  if (text.trim() === '') throw new TodoError('INVALID_INPUT', 'This file is empty.');
  if (/^\s*[{[]/.test(text)) return readExport(text);
  if (typeof file === 'string') assertDecoded(text);
  return readCsv(text, list);
}
