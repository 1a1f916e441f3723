import { BODY_MAX_BYTES, type EntityName, entities, IMPORT_MAX_ITEMS, type ImportTask } from '@todo/contract';
import { TodoError } from '../transport/error.ts';
import type { CallOptions } from '../transport/limit.ts';
import { createReader, type Imports } from './file-task.ts';
import type { ImportContent, Imported, ImportOptions, Totals } from './portable.ts';

const PART_MAX_BYTES = BODY_MAX_BYTES / 2;

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
export type ImportParts = { [Name in EntityName]: ImportPart<Imports[Name]> };

async function importEach<Item extends object>(items: readonly Item[], importPart: (part: Item[]) => Promise<Totals>, onDone: (count: number) => void) {
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

/** Imports all content in parts. */
export async function importAll(
  given: ImportContent | readonly ImportTask[],
  parts: ImportParts,
  { dryRun, groupId, onProgress, ...options }: ImportOptions & { groupId: string },
): Promise<Imported> {
  const { lists: givenLists = [], tasks: givenTasks } = contentOf(given);
  const [lists, tasks] = [readItems('list', givenLists), readItems('task', givenTasks)];
  const group = dryRun ? { dryRun } : { groupId };
  let done = 0;
  const report = (count: number) => {
    done += count;
    onProgress?.(done, lists.length + tasks.length);
  };
  const ofLists = await importEach(lists, (part) => parts.list(part, group, options), report);
  const ofTasks = await importEach(tasks, (part) => parts.task(part, group, options), report);
  return { ...ofTasks, seq: Math.max(ofLists.seq, ofTasks.seq), lists: ofLists, groupId };
}
