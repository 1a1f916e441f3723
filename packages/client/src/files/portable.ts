import { type ImportList, type ImportTask, LONG_CALL_MAX_MS, type Output, type procedures, type TaskExport } from '@todo/contract';
import { misplaced, refusal } from '../transport/error.ts';
import { type CallOptions, within } from '../transport/limit.ts';
import type { Session } from '../transport/session.ts';
import { EXPORT_VERSIONS } from './export-versions.ts';
import type { ImportParts } from './import-all.ts';
import { recordOf } from './parsing/json.ts';

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

export type Totals = Output<(typeof procedures.tasks)['import']>;

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

/** Checks format and version. A truncated export is not valid JSON, so it never gets here. */
function isExport(value: unknown): value is TaskExport {
  const { format, version } = recordOf(value);
  return format === 'todo-export' && EXPORT_VERSIONS.includes(version);
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

/** `begin` begins an import for one user: all its parts are for this user. What checks the content is large, and is loaded by the first import. */
export function createImport(begin: () => ImportParts, randomUUID: () => string): Portable['importTasks'] {
  return async (content, { groupId = randomUUID(), ...options } = {}) => {
    const parts = begin();
    const { importAll } = await import('./import-all.ts');
    return importAll(content, parts, { groupId, ...options });
  };
}
