import { TodoError } from '../transport/error.ts';
import type { Context, Source } from './drafts/draft.ts';
import { isTable, readCsvTasks } from './formats/csv-tasks.ts';
import { isGoogle, readGoogle } from './formats/google.ts';
import { isICalendar, readICalendar } from './formats/icalendar.ts';
import { isMicrosoft, readMicrosoft } from './formats/microsoft.ts';
import { isOwnCsv, readOwnCsv } from './formats/own-csv.ts';
import { isOwnExport, readOwnExport } from './formats/own-export.ts';
import { isSuperProductivity, readSuperProductivity } from './formats/super-productivity.ts';
import { BLANK, isTaskwarrior, readTaskwarrior } from './formats/taskwarrior.ts';
import { isTickTick, readTickTick } from './formats/ticktick.ts';
import { isTodoTxt, readTodoTxt } from './formats/todo-txt.ts';
import { isTodoist, readTodoist } from './formats/todoist.ts';
import { isVikunja, readVikunja } from './formats/vikunja.ts';
import { readTable } from './parsing/csv.ts';

const refuse = (message: string, cause?: unknown) => new TodoError('INVALID_INPUT', message, { cause });

function parseJson(text: string): { content: unknown; error: unknown } {
  try {
    return { content: JSON.parse(text), error: undefined };
  } catch (error) {
    return { content: undefined, error };
  }
}

/** Readers of JSON, in the order in which they are asked. */
const jsonReaders: [is: (content: unknown) => boolean, read: (content: unknown, context: Context) => Source][] = [
  [isOwnExport, readOwnExport],
  [isGoogle, readGoogle],
  [isSuperProductivity, readSuperProductivity],
  [isTaskwarrior, readTaskwarrior],
  [isVikunja, readVikunja],
  [isMicrosoft, readMicrosoft],
];

/** One JSON value on each line, as old versions of Taskwarrior write them. Undefined if there is none. */
function readLines(text: string, context: Context): Source | undefined {
  const rows = text.split(/\r\n|\r|\n/).map((line) => line.trim().replace(/,$/, ''));
  const values = rows.map((row) => (/^[[\]]?$/.test(row) ? BLANK : parseJson(row).content));
  return isTaskwarrior(values) ? readTaskwarrior(values, context) : undefined;
}

function readJson(text: string, context: Context): Source | undefined {
  const { content, error } = parseJson(text);
  if (error === undefined) {
    const [, read] = jsonReaders.find(([is]) => is(content)) ?? [];
    if (!read)
      throw refuse(
        'This JSON file is not of a kind that can be read: no export of Todo, Google Tasks, Microsoft To Do, Vikunja, Super Productivity or Taskwarrior.',
      );
    return read(content, context);
  }
  return readLines(text, context);
}

function readTableOf(text: string, context: Context): Source | undefined {
  const table = readTable(text);
  if (isOwnCsv(table)) return readOwnCsv(table);
  if (isTodoist(table)) return readTodoist(table, context);
  return isTable(table) ? readCsvTasks(table, context) : undefined;
}

const KINDS =
  'This file is not of a kind that can be read. A CSV file must name its columns in the first line, such as "title", or TYPE and CONTENT as in Todoist. Other kinds are known by their content: TickTick, iCalendar, todo.txt, and JSON of several products.';

/** Reads a file with the reader that its content asks for. */
export function readSource(text: string, context: Context): Source {
  if (isICalendar(text)) return readICalendar(text, context);
  if (isTickTick(text)) return readTickTick(text, context);
  const isJson = /^\s*[{[]/.test(text);
  const source = (isJson ? readJson(text, context) : undefined) ?? (/^\s*[<{]/.test(text) ? undefined : readTableOf(text, context));
  if (source) return source;
  if (!isJson && isTodoTxt(text)) return readTodoTxt(text, context);
  throw refuse(isJson ? 'This file is not valid JSON. It may be incomplete.' : KINDS);
}
