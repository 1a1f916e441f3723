import type { CallOptions } from './contract.ts';
import type { TaskEvent } from './contract-history.ts';
import type { FileTask, Imported, Task } from './contract-tasks.ts';

/** All of a person's tasks and everything that happened to them, as of one moment. As JSON it is a file to keep. */
export interface TaskExport {
  format: 'todo-export';
  version: 1;
  /** ISO-8601 in UTC. */
  exportedAt: string;
  /** The last change that counts, by its number in the history; 0 for none. */
  upto: number;
  /** From this number on the history tells every change; of what was trimmed before that, only how tasks were then. */
  wholeFrom: number;
  /** As they were after the change `upto`. */
  tasks: Task[];
  /** Newest first, removed tasks too. */
  history: TaskEvent[];
}

/** What a file holds for `importTasks`. */
export interface TaskFile {
  tasks: FileTask[];
  /** What cannot be imported, and why. `line` is the line of a CSV file where the row begins; in an export, the number of the task, from 1. */
  problems: { line: number; message: string }[];
  /** Columns of a CSV file, or fields of an export, that hold something and are not imported. */
  ignored: string[];
}

export interface ImportOptions extends CallOptions {
  /** Changes nothing. It looks at 500 tasks at a time, so it does not foresee that all together find no room. */
  dryRun?: boolean | undefined;
  /** Called when so many of all tasks are done. */
  onProgress?: ((done: number, all: number) => void) | undefined;
}

export interface Portable {
  /** Everything of this person's tasks. A page on the server's own site may also link to `/export`, which is the same as a download. */
  exportAccount(options?: CallOptions): Promise<TaskExport>;
  /**
   * Makes the tasks that are not there, in calls of up to 500, and touches no other. Run it again with the same tasks after any failure: what is done is
   * done, and the rest follows. Fails with INVALID_INPUT before the first call when any of the tasks is not valid, naming all faults in `fields`; fails with
   * QUOTA_REACHED and the index among all tasks.
   */
  importTasks(tasks: readonly FileTask[], options?: ImportOptions): Promise<Imported>;
}
