import type { CallOptions, FileTask, Imported, ImportTasks, Portable, TaskExport } from './contract.ts';
import { refusal, TodoError, unreachable } from './error.ts';
import { createTaskReader } from './file-task.ts';
import type { Send } from './request.ts';

const PART_MAX_TASKS = 500;
/** Half of what the server takes. */
const PART_MAX_BYTES = 500_000;

/** Whether an answer of the server is an export. One that was cut off is not even JSON. */
const isExport = (value: unknown): value is TaskExport =>
  typeof value === 'object' && value !== null && 'format' in value && value.format === 'todo-export' && 'version' in value && value.version === 1;

export async function download(url: string, call: Send, { signal }: CallOptions = {}): Promise<TaskExport> {
  const answer = await call(url, { signal: signal ?? null });
  if (!answer.ok) throw refusal(answer);
  const content = await answer.json();
  if (!isExport(content)) throw unreachable({ status: answer.status });
  return content;
}

/** All tasks as the server keeps them, without their other fields. Throws INVALID_INPUT with every fault of every task. */
function readTasks(values: readonly unknown[]): FileTask[] {
  if (!Array.isArray(values)) throw new TodoError('INVALID_INPUT', 'These tasks are not a list.', { fields: { tasks: ['must be a list'] } });
  const read = createTaskReader();
  const tasks: FileTask[] = [];
  const faults = new Map<string, string[]>();
  let index: number | undefined;
  for (const [i, value] of values.entries()) {
    const task = read(value);
    if (!Array.isArray(task)) {
      tasks.push(task);
      continue;
    }
    index ??= i;
    for (const { field, message } of task) {
      const name = field === '' ? `tasks.${i}` : `tasks.${i}.${field}`;
      faults.set(name, [...(faults.get(name) ?? []), message]);
    }
  }
  if (index === undefined) return tasks;
  throw new TodoError('INVALID_INPUT', 'Some of these tasks are not valid; see fields.', { fields: Object.fromEntries(faults), index });
}

const sizeOf = (task: FileTask) => new TextEncoder().encode(JSON.stringify(task)).length;

/** Cuts tasks into calls that the server takes. */
function* cut(tasks: readonly FileTask[]): Generator<FileTask[]> {
  let part: FileTask[] = [];
  let size = 0;
  for (const task of tasks) {
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
    for (const part of cut(readTasks(tasks))) {
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
