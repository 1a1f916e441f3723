import {
  BODY_MAX_BYTES,
  type EntityName,
  entities,
  IMPORT_MAX_ITEMS,
  type ImportList,
  type ImportTask,
  LONG_CALL_MAX_MS,
  type Output,
  type procedures,
  type TaskExport,
} from '@todo/contract';
import { misplaced, refusal, TodoError } from '../transport/error.ts';
import { type CallOptions, within } from '../transport/limit.ts';
import type { Session } from '../transport/session.ts';
import { createReader, fieldsOf, type Imports } from './file-task.ts';

/** The content of a file for `importLists` and `importTasks`. */
export interface TaskFile {
  lists: ImportList[];
  tasks: ImportTask[];
  /** Rows that cannot be imported: first line in the file, from 1, and why. */
  problems: { line: number; message: string }[];
  /** Non-empty columns that do not belong to a task. */
  ignored: string[];
}

/** `timeoutMs` is the time limit of each part. */
export interface ImportOptions extends CallOptions {
  /** Changes nothing. It checks 500 items at a time, so it does not notice that all together would exceed the limit. */
  dryRun?: boolean | undefined;
  /** Called after each part with the number of items done and of all. */
  onProgress?: ((done: number, all: number) => void) | undefined;
}

type Import = (typeof procedures.tasks)['import'];
/** The totals of all; `seq` is 0 if there were none. */
export type Imported = Output<Import>;

export interface Portable {
  /** All lists and tasks, and their history. A page on the server's own site may also link to `/export`, which downloads the same. */
  exportAccount(options?: CallOptions): Promise<TaskExport>;
  /**
   * Creates the tasks that do not exist, in calls of up to 500, and changes no existing task. After a failure, run it again with the same tasks to create the
   * rest. Fails with QUOTA_REACHED or INVALID_INPUT, both with the index among all tasks, and with USER_CHANGED at the first part after another user signs in.
   */
  importTasks(tasks: readonly ImportTask[], options?: ImportOptions): Promise<Imported>;
  /** The same for lists. */
  importLists(lists: readonly ImportList[], options?: ImportOptions): Promise<Imported>;
}

const PART_MAX_BYTES = BODY_MAX_BYTES / 2;
/** Supported versions of the export. Version 3 added the lists; the first two differ only in the history, which an import does not read. */
export const EXPORT_VERSIONS: unknown[] = [1, 2, 3];

/** Checks format and version. A truncated export is not valid JSON, so it never gets here. */
function isExport(value: unknown): value is TaskExport {
  const fields = fieldsOf(value);
  return fields.get('format') === 'todo-export' && EXPORT_VERSIONS.includes(fields.get('version'));
}

export function download(url: string, begin: Session['begin'], { signal, timeoutMs = LONG_CALL_MAX_MS }: CallOptions = {}): Promise<TaskExport> {
  return within(timeoutMs, signal, async (limit) => {
    const answer = await begin().send(url, {}, limit);
    if (!answer.ok) throw refusal(answer);
    const content: unknown = answer.content;
    if (!isExport(content)) throw misplaced({ status: answer.status });
    return content;
  });
}

/** Validates and normalizes all items, without unknown fields. Throws INVALID_INPUT with every error of every item. */
function readItems<Name extends EntityName>(name: Name, values: readonly unknown[]): Imports[Name][] {
  const { table } = entities[name];
  if (!Array.isArray(values)) throw new TodoError('INVALID_INPUT', `The ${table} must be an array.`, { fields: { [table]: ['must be an array'] } });
  const read = createReader(name);
  const items: Imports[Name][] = [];
  const faults = new Map<string, string[]>();
  let index: number | undefined;
  for (const [i, value] of values.entries()) {
    const item = read(value);
    if (!Array.isArray(item)) items.push(item);
    else {
      index ??= i;
      for (const { field, message } of item) {
        const key = field === '' ? `${table}.${i}` : `${table}.${i}.${field}`;
        faults.set(key, [...(faults.get(key) ?? []), message]);
      }
    }
  }
  if (index === undefined) return items;
  throw new TodoError('INVALID_INPUT', `Some of these ${table} are not valid; see fields.`, { fields: Object.fromEntries(faults), index });
}

const sizeOf = (item: object) => new TextEncoder().encode(JSON.stringify(item)).length;

/** Splits items into calls within the limits of the server. */
function* split<Item extends object>(items: readonly Item[]): Generator<Item[]> {
  let part: Item[] = [];
  let size = 0;
  for (const item of items) {
    const more = sizeOf(item);
    if (part.length === IMPORT_MAX_ITEMS || (part.length > 0 && size + more > PART_MAX_BYTES)) {
      yield part;
      part = [];
      size = 0;
    }
    part.push(item);
    size += more;
  }
  if (part.length > 0) yield part;
}

/** Adds the items already done to the indexes in the error of one call. */
function withOffset(done: number, error: unknown): unknown {
  if (!(error instanceof TodoError)) return error;
  const { reason, message, status, retryAfterSeconds, quota, cause } = error;
  const shifted = (name: string) => name.replace(/^([a-z]+)\.(\d+)/, (_, items, index) => `${items}.${Number(index) + done}`);
  const fields = Object.fromEntries(Object.entries(error.fields).map(([name, messages]) => [shifted(name), messages]));
  const index = error.index === undefined ? undefined : error.index + done;
  return new TodoError(reason, message, { status, fields, retryAfterSeconds, index, quota, cause });
}

interface Part<Item> {
  items: Item[];
  dryRun?: boolean | undefined;
}

/** `begin` begins an import for one user: all its parts are for this user. */
export function createImport<Name extends EntityName>(name: Name, begin: () => (part: Part<Imports[Name]>, options?: CallOptions) => Promise<Imported>) {
  return async (given: readonly Imports[Name][], { dryRun, onProgress, ...options }: ImportOptions = {}): Promise<Imported> => {
    const total: Imported = { created: 0, unchanged: 0, conflicts: [], seq: 0 };
    const importPart = begin();
    let done = 0;
    for (const items of split(readItems(name, given))) {
      const { created, unchanged, conflicts, seq } = await importPart({ items, dryRun }, options).catch((error: unknown) => {
        throw withOffset(done, error);
      });
      total.created += created;
      total.unchanged += unchanged;
      total.conflicts.push(...conflicts);
      total.seq = seq;
      done += items.length;
      onProgress?.(done, given.length);
    }
    return total;
  };
}
