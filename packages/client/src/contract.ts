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

export interface CreateTask {
  /** A UUID of your own: repeating the call with it makes no second task. Without one the server chooses. */
  id?: string | undefined;
  /** 1 to 500 characters, not blank. */
  title: string;
  /** At most 10,000 characters. */
  description?: string | undefined;
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

export interface EditTask {
  id: string;
  /** Left as it is unless given; 1 to 500 characters, not blank. */
  title?: string | undefined;
  /** Left as it is unless given; at most 10,000 characters. */
  description?: string | undefined;
  /** Changes the task only while it has this version. */
  expectedVersion?: number | undefined;
}

export interface ChangeTask {
  id: string;
  /** Changes the task only while it has this version. */
  expectedVersion?: number | undefined;
}

export interface CallOptions {
  /** Ends the call early: it then fails with CALL_ABORTED. */
  signal?: AbortSignal;
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
}

export interface User {
  id: string;
  name: string;
  email: string;
}

export interface Account {
  /** Makes an account and signs in. Fails with EMAIL_TAKEN, or INVALID_INPUT for a password of less than 8 characters. */
  signUp(input: { name: string; email: string; password: string }): Promise<User>;
  /** Fails with CREDENTIALS_WRONG. */
  signIn(input: { email: string; password: string }): Promise<User>;
  /** Who is signed in, or null. Asking keeps the session alive: it ends when nobody has asked for 30 days. */
  currentUser(): Promise<User | null>;
  /** Ends the session on the server. A token is forgotten even when the server cannot be told. */
  signOut(): Promise<void>;
  /** Removes the account with all its tasks, for good. Fails with CREDENTIALS_WRONG. */
  deleteAccount(input: { password: string }): Promise<void>;
}

export interface TodoClient extends Account {
  tasks: Tasks;
}

/** Why the server refuses a call of a procedure. */
export type ServerReason =
  | 'UNAUTHENTICATED'
  | 'INVALID_INPUT'
  | 'INVALID_CURSOR'
  | 'TASK_NOT_FOUND'
  | 'VERSION_CONFLICT'
  | 'ID_TAKEN'
  | 'QUOTA_REACHED'
  | 'RATE_LIMITED'
  | 'DATABASE_UNAVAILABLE'
  | 'STORAGE_FULL'
  | 'TOO_LARGE'
  | 'INTERNAL';

/** Why something failed: what the server says, what signing in and up adds, and what can happen before there is an answer. */
export type Reason = ServerReason | 'CREDENTIALS_WRONG' | 'EMAIL_TAKEN' | 'SERVER_UNREACHABLE' | 'CALL_ABORTED' | 'STORE_FAILED';
