import type { ImportList, ImportTask } from '@todo/contract';
import { isTimeZone } from '@todo/contract';
import { TodoError } from '../transport/error.ts';
import type { Context, LineMessage, ReadOptions, TaskFileKind } from './drafts/draft.ts';
import { settle } from './drafts/settle.ts';

import { assertDecoded, toText } from './parsing/file-text.ts';
import { isZip, unzip } from './parsing/zip.ts';
import { readSource } from './sources.ts';

/** A task of a file, with its place. */
export type FileTask = ImportTask & { listId: string | null; parentId: string | null };

/** The content of a file, for an import. Nothing of the file is left out that is not named in `problems`, `notes` or `ignored`. */
export interface TaskFile {
  kind: TaskFileKind;
  lists: ImportList[];
  /** List by list, in their order, each task followed by its subtasks. */
  tasks: FileTask[];
  /** What cannot be imported, and why. */
  problems: LineMessage[];
  /** What is imported in another form than it has in the file, or was not understood and is kept as text in the description. */
  notes: LineMessage[];
  /** Columns or keys with content that is not imported. */
  ignored: string[];
}

const refuse = (message: string) => new TodoError('INVALID_INPUT', message);

function readOne(file: string | Uint8Array, context: Context): TaskFile {
  const { text, encoding } = toText(file);
  if (text.trim() === '') throw refuse('This file is empty.');
  // An export may hold U+FFFD, because a task may.
  if (typeof file === 'string' && !/^\s*[{[]/.test(text)) assertDecoded(text);
  const source = readSource(text, context);
  if (encoding === 'Windows-1252') source.notes.push({ line: 0, message: 'The file is not UTF-8; it was read as Windows-1252. Check letters with accents.' });
  const read = settle(source, context.zone);
  const hasContent = read.tasks.length + read.problems.length > 0 || (read.kind === 'todo' && read.lists.length > 0);
  if (!hasContent) throw refuse('This file holds no tasks.');
  return read;
}

/** Reads the files of an archive as one. They must be of one kind; the messages of each begin with its name. */
function readArchive(bytes: Uint8Array, context: Context): TaskFile {
  const { files, others } = unzip(bytes);
  // An export of Vikunja or Google holds other files beside the one with the tasks.
  const whole = files.filter(([name]) => /(^|\/)(data|Tasks)\.json$/.test(name));
  const chosen = whole.length > 0 ? whole : files;
  const read = new Map<string, TaskFile>();
  const failed: LineMessage[] = [];
  for (const [name, content] of chosen) {
    try {
      read.set(name, readOne(content, { ...context, name: name.split('/').pop() ?? name }));
    } catch (error) {
      if (!(error instanceof TodoError)) throw error;
      failed.push({ line: 0, message: `${name}: ${error.message}` });
    }
  }
  const parts = [...read.values()];
  const [kind, other] = new Set(parts.map((part) => part.kind));
  if (kind === undefined) throw refuse(['This archive holds no file that can be read.', ...failed.map(({ message }) => message)].join(' '));
  if (other !== undefined) throw refuse(`This archive holds files of several kinds: ${kind} and ${other}. Import them one by one.`);
  const told = (pick: (part: TaskFile) => LineMessage[]) =>
    [...read].flatMap(([name, part]) => pick(part).map(({ line, message }) => ({ line, message: `${name}: ${message}` })));
  const once = <Item extends { id: string }>(items: Item[]) => [...new Map(items.map((item) => [item.id, item])).values()];
  const skipped = [...others, ...files.filter((file) => !chosen.includes(file)).map(([name]) => name)];
  return {
    kind,
    lists: once(parts.flatMap(({ lists }) => lists)),
    tasks: once(parts.flatMap(({ tasks }) => tasks)),
    problems: [...failed, ...told(({ problems }) => problems)],
    notes: told(({ notes }) => notes),
    ignored: [...new Set([...parts.flatMap(({ ignored }) => ignored), ...skipped])],
  };
}

/**
 * Reads a file for an import: an export of `exportAccount`, or a file of another product; docs/imports.md lists them. The kind is found from the content. Bytes
 * may be UTF-8, UTF-16 with a byte order mark, Windows-1252, or a ZIP archive. The same content gets the same ids each time. Throws INVALID_INPUT for any other
 * file, for one without tasks, and for one with dates that can be read in two ways, if `dayFirst` does not say which.
 */
export function readTaskFile(file: string | Uint8Array, { name = '', timeZone, dayFirst }: ReadOptions = {}): TaskFile {
  const here = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const zone = timeZone ?? (isTimeZone(here) ? here : 'UTC');
  if (!isTimeZone(zone)) throw refuse(`There is no time zone ${JSON.stringify(zone)}.`);
  const context = { name, zone, dayFirst, now: new Date().toISOString() };
  return isZip(file) ? readArchive(file, context) : readOne(file, context);
}
