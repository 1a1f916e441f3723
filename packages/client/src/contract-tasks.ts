import type { CallOptions } from './contract.ts';

/** A task of the signed-in user. */
export interface Task {
  /** A UUID. */
  id: string;
  title: string;
  /** '' when none was given. */
  description: string;
  /** When it was completed, as ISO-8601 in UTC; null while it is open. */
  completedAt: string | null;
  /** ISO-8601 in UTC. */
  createdAt: string;
  /** When anything of it last changed, as ISO-8601 in UTC. */
  updatedAt: string;
  /** 1 when made, one more with each change. Give it back as `expectedVersion` to change nothing that you have not seen. */
  version: number;
}

/** What every change may say of itself. */
export interface Change {
  /**
   * A UUID that names this call and no other. However often a call with it arrives, it is carried out once and answered alike. The client chooses
   * one unless given; give your own where a call may be made again later, as after a reload.
   */
  mutationId?: string | undefined;
}

export interface NewTask {
  /** A UUID of your own for the task; chosen for you unless given. */
  id?: string | undefined;
  /** 1 to 500 characters, not blank. */
  title: string;
  /** At most 10,000 characters. */
  description?: string | undefined;
}

export interface CreateTask extends NewTask, Change {}

export interface CreateTasks extends Change {
  /** 1 to 100. */
  tasks: NewTask[];
}

/** Names many tasks, each once. */
export interface ChangeTasks extends Change {
  /** 1 to 500. */
  ids: string[];
}

export interface GetTask {
  id: string;
}

export interface ListTasks {
  /** true for completed tasks only, false for open ones only. */
  completed?: boolean | undefined;
  /** Only tasks with this text in title or description, in any case; at most 200 characters. */
  search?: string | undefined;
  /** 'created' unless given. */
  sort?: 'created' | 'updated' | 'title' | undefined;
  /** 'desc' unless given. */
  order?: 'asc' | 'desc' | undefined;
  /** 1 to 200; 50 unless given. */
  limit?: number | undefined;
  /** `nextCursor` of the page before, with the same `sort` and `order`. */
  cursor?: string | undefined;
}

export interface TaskPage {
  items: Task[];
  /** Gives the next page as `cursor`; null on the last one. */
  nextCursor: string | null;
}

export interface TaskCounts {
  open: number;
  completed: number;
}

export interface EditTask extends Change {
  id: string;
  /** Left as it is unless given; 1 to 500 characters, not blank. */
  title?: string | undefined;
  /** Left as it is unless given; at most 10,000 characters. */
  description?: string | undefined;
  /** Changes the task only while it has this version. */
  expectedVersion?: number | undefined;
}

export interface ChangeTask extends Change {
  id: string;
  /** Changes the task only while it has this version. */
  expectedVersion?: number | undefined;
}

export interface RemovedTask {
  id: string;
  /** Title, description and completion as they last were. */
  title: string;
  description: string;
  completedAt: string | null;
  /** ISO-8601 in UTC. */
  removedAt: string;
}

export interface ListRemoved {
  /** 1 to 200; 50 unless given. */
  limit?: number | undefined;
  /** `nextCursor` of the page before. */
  cursor?: string | undefined;
}

export interface RemovedPage {
  items: RemovedTask[];
  /** Gives the next page as `cursor`; null on the last one. */
  nextCursor: string | null;
}

export interface RestoreTask extends Change {
  id: string;
  /** A number of the history: the task becomes what it was then. Unless given a removed task comes back as it last was. */
  seq?: number | undefined;
}

/** Every call fails with a TodoError. A task of another user is TASK_NOT_FOUND, as one that does not exist. */
export interface Tasks {
  /** Fails with ID_TAKEN when a task with this id and other content exists, QUOTA_REACHED when there are too many tasks. */
  create(input: CreateTask, options?: CallOptions): Promise<Task>;
  /** Fails with TASK_NOT_FOUND. */
  get(input: GetTask, options?: CallOptions): Promise<Task>;
  /** A page of tasks, newest first unless asked otherwise. Fails with INVALID_CURSOR. */
  list(input?: ListTasks, options?: CallOptions): Promise<TaskPage>;
  counts(input?: Record<string, never>, options?: CallOptions): Promise<TaskCounts>;
  /** Fails with TASK_NOT_FOUND or VERSION_CONFLICT. */
  edit(input: EditTask, options?: CallOptions): Promise<Task>;
  /** A completed task stays as it is. Fails with TASK_NOT_FOUND or VERSION_CONFLICT. */
  complete(input: ChangeTask, options?: CallOptions): Promise<Task>;
  /** An open task stays as it is. Fails with TASK_NOT_FOUND or VERSION_CONFLICT. */
  reopen(input: ChangeTask, options?: CallOptions): Promise<Task>;
  /** Fails with TASK_NOT_FOUND or VERSION_CONFLICT. */
  remove(input: ChangeTask, options?: CallOptions): Promise<{ id: string }>;
  /** Makes all or none. Fails with ID_TAKEN and the `index` of the first task whose id has other content, QUOTA_REACHED. */
  createMany(input: CreateTasks, options?: CallOptions): Promise<{ tasks: Task[] }>;
  /** Completes all or none; a completed task stays as it is. Fails with TASK_NOT_FOUND and the `index` of the first missing one. */
  completeMany(input: ChangeTasks, options?: CallOptions): Promise<{ tasks: Task[] }>;
  /** Removes all or none. Fails with TASK_NOT_FOUND and the `index` of the first missing one. */
  removeMany(input: ChangeTasks, options?: CallOptions): Promise<{ ids: string[] }>;
  /** A page of tasks that could be brought back, the latest removed first. Fails with INVALID_CURSOR. */
  removed(input?: ListRemoved, options?: CallOptions): Promise<RemovedPage>;
  /**
   * Brings back a removed task, or sets a task to how it was. Fails with TASK_NOT_FOUND, also when it was not there then, QUOTA_REACHED, or INVALID_INPUT where
   * the history was trimmed.
   */
  restore(input: RestoreTask, options?: CallOptions): Promise<Task>;
}
