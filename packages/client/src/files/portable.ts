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
import { v7 as uuidv7 } from 'uuid';
import { misplaced, refusal, TodoError } from '../transport/error.ts';
import { type CallOptions, within } from '../transport/limit.ts';
import type { Session } from '../transport/session.ts';
import { EXPORT_VERSIONS } from './export-versions.ts';
import { createReader, fieldsOf, type Imports } from './file-task.ts';

/** Lists and tasks to import, such as a file that was read. A task stands after its parent. */
export interface ImportContent {
  lists?: readonly ImportList[];
  tasks: readonly ImportTask[];
}

/** `timeoutMs` is the time limit of each part. */
export interface ImportOptions extends CallOptions {
  /** Changes nothing. It checks 500 items at a time, so it does not notice that all together would exceed the limit. */
  dryRun?: boolean | undefined;
  /** The group of its calls, a UUID, with which `history.undo` takes the import back. The client chooses one if it is omitted. */
  groupId?: string | undefined;
  /** Called after each part with the number of items done and of all. */
  onProgress?: ((done: number, all: number) => void) | undefined;
}

type Totals = Output<(typeof procedures.tasks)['import']>;

/** The totals of the tasks, and of the lists; `seq` is 0 if there were none. */
export interface Imported extends Totals {
  lists: Totals;
  /** With it `history.undo` takes the import back. */
  groupId: string;
}

export interface Portable {
  /** All lists and tasks, and their history. A page on the server's own site may also link to `/export`, which downloads the same. */
  exportAccount(options?: CallOptions): Promise<TaskExport>;
  /**
   * Creates the lists, then the tasks, that do not exist, in calls of up to 500, and changes none that does. After a failure, run it again with the same content to
   * create the rest. Fails with QUOTA_REACHED or INVALID_INPUT, both with the index among all lists or tasks, and with USER_CHANGED at the first part after
   * another user signs in.
   */
  importTasks(content: ImportContent | readonly ImportTask[], options?: ImportOptions): Promise<Imported>;
}

const PART_MAX_BYTES = BODY_MAX_BYTES / 2;
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

interface Group {
  dryRun?: boolean | undefined;
  groupId?: string | undefined;
}

/** Imports some items in one call. */
type ImportPart<Item> = (items: Item[], group: Group, options: CallOptions) => Promise<Totals>;
type ImportParts = { [Name in EntityName]: ImportPart<Imports[Name]> };

async function importAll<Item extends object>(items: readonly Item[], importPart: (part: Item[]) => Promise<Totals>, onDone: (count: number) => void) {
  const total: Totals = { created: 0, unchanged: 0, conflicts: [], seq: 0 };
  let done = 0;
  for (const part of split(items)) {
    const { created, unchanged, conflicts, seq } = await importPart(part).catch((error: unknown) => {
      throw withOffset(done, error);
    });
    total.created += created;
    total.unchanged += unchanged;
    total.conflicts.push(...conflicts);
    total.seq = seq;
    done += part.length;
    onDone(part.length);
  }
  return total;
}

const contentOf = (content: ImportContent | readonly ImportTask[]): ImportContent => ('tasks' in content ? content : { tasks: content });

/** `begin` begins an import for one user: all its parts are for this user. */
export function createImport(begin: () => ImportParts): Portable['importTasks'] {
  return async (given, { dryRun, groupId = uuidv7(), onProgress, ...options } = {}) => {
    const { lists: givenLists = [], tasks: givenTasks } = contentOf(given);
    const [lists, tasks] = [readItems('list', givenLists), readItems('task', givenTasks)];
    const group = dryRun ? { dryRun } : { groupId };
    const parts = begin();
    let done = 0;
    const report = (count: number) => {
      done += count;
      onProgress?.(done, lists.length + tasks.length);
    };
    const ofLists = await importAll(lists, (part) => parts.list(part, group, options), report);
    const ofTasks = await importAll(tasks, (part) => parts.task(part, group, options), report);
    return { ...ofTasks, seq: Math.max(ofLists.seq, ofTasks.seq), lists: ofLists, groupId };
  };
}
