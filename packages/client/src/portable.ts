import type { CallOptions, FileTask, Imported, ImportTasks, Portable, TaskExport } from './contract.ts';
import { refusal, TodoError, unreachable } from './error.ts';
import type { Send } from './request.ts';

const PART_MAX_TASKS = 500;
/** Half of what the server takes. */
const PART_MAX_BYTES = 500_000;

/** Whether this is an export. One that was cut off is no JSON and gets nowhere near. */
export const isExport = (value: unknown): value is TaskExport =>
  typeof value === 'object' && value !== null && 'format' in value && value.format === 'todo-export' && 'version' in value && value.version === 1;

export async function download(url: string, call: Send, { signal }: CallOptions = {}): Promise<TaskExport> {
  const answer = await call(url, { signal: signal ?? null });
  if (!answer.ok) throw refusal(answer);
  const content = await answer.json();
  if (!isExport(content)) throw unreachable({ status: answer.status });
  return content;
}

/** What the server is told of a task; the rest is its own. */
export const toFileTask = ({ id, title, description, completedAt }: FileTask): FileTask => ({ id, title, description, completedAt });

const sizeOf = (task: FileTask) => new TextEncoder().encode(JSON.stringify(task)).length;

/** Cuts tasks into calls that the server takes. */
function* cut(tasks: readonly FileTask[]): Generator<FileTask[]> {
  let part: FileTask[] = [];
  let size = 0;
  for (const task of tasks.map(toFileTask)) {
    const more = sizeOf(task);
    if (part.length === PART_MAX_TASKS || (part.length > 0 && size + more > PART_MAX_BYTES)) {
      yield part;
      part = [];
      size = 0;
    }
    part.push(task);
    size += more;
  }
  if (part.length > 0) yield part;
}

/** A failure of one call, whose indexes are then among all tasks. */
function among(done: number, error: unknown): unknown {
  if (!(error instanceof TodoError)) return error;
  const { reason, message, status, retryAfterSeconds, cause } = error;
  const moved = (name: string) => name.replace(/^tasks\.(\d+)/, (_, index) => `tasks.${Number(index) + done}`);
  const fields = Object.fromEntries(Object.entries(error.fields).map(([name, messages]) => [moved(name), messages]));
  const index = error.index === undefined ? undefined : error.index + done;
  return new TodoError(reason, message, { status, fields, retryAfterSeconds, index, cause });
}

export function createImport(importPart: (input: ImportTasks, options?: CallOptions) => Promise<Imported>): Portable['importTasks'] {
  return async (tasks, { dryRun, onProgress, ...options } = {}) => {
    const total: Imported = { created: 0, unchanged: 0, conflicts: [] };
    let done = 0;
    for (const part of cut(tasks)) {
      const { created, unchanged, conflicts } = await importPart({ tasks: part, dryRun }, options).catch((error: unknown) => {
        throw among(done, error);
      });
      total.created += created;
      total.unchanged += unchanged;
      total.conflicts.push(...conflicts);
      done += part.length;
      onProgress?.(done, tasks.length);
    }
    return total;
  };
}
