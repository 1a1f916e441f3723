import { type ImportTask, task } from '@todo/contract';
import { v5 as uuidv5 } from 'uuid';
import { TodoError } from '../transport/error.ts';
import { readDrafts } from './csv-tasks.ts';
import { createTaskReader, type Fault, fieldsOf } from './file-task.ts';
import { assertDecoded, toText } from './file-text.ts';
import { EXPORT_VERSIONS, type TaskFile } from './portable.ts';

/** The namespace of row ids. If it changed, files that were imported before would be imported again. */
const NAMESPACE = '6f3c1f0e-54a5-4d0b-9c8e-0d1b7a2f6c11';

const sentences = (faults: Fault[]) => faults.map(({ field, message }) => `The ${field || 'task'} ${message}.`).join(' ');

function parseExport(text: string): unknown[] {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw new TodoError('INVALID_INPUT', 'This file is not valid JSON. It may be incomplete.', { cause });
  }
  const fields = fieldsOf(content);
  const tasks = fields.get('tasks');
  if (fields.get('format') !== 'todo-export') throw new TodoError('INVALID_INPUT', 'This JSON file is not an export of Todo.');
  if (!EXPORT_VERSIONS.includes(fields.get('version')))
    throw new TodoError(
      'INVALID_INPUT',
      `This export has version ${JSON.stringify(fields.get('version'))}. This client reads versions ${EXPORT_VERSIONS.join(' and ')}.`,
    );
  if (!Array.isArray(tasks)) throw new TodoError('INVALID_INPUT', 'This export is damaged: its tasks are not a list.');
  return tasks;
}

function readExport(text: string): TaskFile {
  const values = parseExport(text);
  const read = createTaskReader();
  const tasks: ImportTask[] = [];
  const problems: TaskFile['problems'] = values.length === 0 ? [{ line: 1, message: 'This export holds no tasks.' }] : [];
  const ignored = new Set<string>();
  for (const [index, value] of values.entries()) {
    const found = read(value);
    if (Array.isArray(found)) problems.push({ line: index + 1, message: `Task ${index + 1}: ${sentences(found)}` });
    else tasks.push(found);
    for (const [name, content] of fieldsOf(value)) if (!(name in task.shape) && content !== null && content !== '') ignored.add(name);
  }
  return { tasks, problems, ignored: [...ignored] };
}

/** Derives the id of a row from its content, so another import gives it the same id wherever it is in the file. Equal rows are numbered. */
function readCsv(text: string, list: string): TaskFile {
  const { drafts, problems, ignored } = readDrafts(text);
  if (drafts.length + problems.length === 0) throw new TodoError('INVALID_INPUT', 'This file holds no tasks.');
  const read = createTaskReader();
  const tasks: ImportTask[] = [];
  const seen = new Map<string, number>();
  for (const { line, id, values } of drafts) {
    // Determines the ids, also those of files imported before, so it must not change. Some systems return file names in NFD.
    const content = JSON.stringify([list.normalize('NFC'), values.get('title'), values.get('description')]);
    const before = seen.get(content) ?? 0;
    const given = [...values].filter(([, text]) => text !== '');
    const found = read({ id: id || uuidv5(`${before} ${content}`, NAMESPACE), ...Object.fromEntries(given) });
    if (Array.isArray(found)) {
      problems.push({ line, message: sentences(found) });
    } else {
      tasks.push(found);
      seen.set(content, before + 1);
    }
  }
  return { tasks, problems: problems.sort((a, b) => a.line - b.line), ignored };
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
