import type { CallOptions } from './contract.ts';
import type { Task } from './contract-tasks.ts';

/** The latest change of a task. */
export interface TaskChange {
  /** Its number in the history. */
  seq: number;
  taskId: string;
  /** The task as it is since then; null when it was removed. */
  task: Task | null;
}

export interface ListChanges {
  /** `next` of the page before; 0 for everything. */
  since: number;
  /** `nextHash` of that page: when the server's history is no longer the one that was read, the answer says `reset`. Without it that may go unnoticed. */
  sinceHash?: string | undefined;
  /** 1 to 500; 200 unless given. */
  limit?: number | undefined;
}

export interface ChangePage {
  /** In order, one for each task that has changed. */
  changes: TaskChange[];
  /** Gives the next page as `since`. Below 0 it is worth nothing later without `nextHash`: begin again with 0 instead. */
  next: number;
  /** Gives the next page as `sinceHash`: names all of the history up to `next`. */
  nextHash: string;
  /** Whether the next page is there already. */
  more: boolean;
  /** The history no longer tells what was missed, or is another one since the database was restored: forget all tasks, and go on with `next`. */
  reset: boolean;
}

/** What a replica begins with another time. */
export interface SavedReplica {
  userId: string;
  since: number;
  sinceHash: string;
  tasks: Task[];
}

export interface ReplicaOptions {
  /** What `toJSON` gave. It counts only if the same person is signed in, so its tasks show when the server has said so. */
  saved?: SavedReplica | null | undefined;
}

/**
 * 'loading' until it has everything; 'live' while each change arrives as it is made; 'offline' while the server cannot be reached, which is tried again and
 * again; 'signed-out' when the person it is of has signed out, for good: it then shows nothing.
 */
export type ReplicaState = 'loading' | 'live' | 'offline' | 'signed-out';

/** All tasks of the person who was signed in when it was made, kept equal to the server's. */
export interface Replica {
  /** By id. The same object until something changes. */
  tasks(): ReadonlyMap<string, Task>;
  readonly state: ReplicaState;
  /** Calls the listener whenever tasks or state have changed, until the function it gives is called. */
  subscribe(listener: () => void): () => void;
  /** What to begin with another time; null as long as there is nothing. */
  toJSON(): SavedReplica | null;
  /** Ends the connection. What there is stays. */
  close(): void;
}

export interface Sync {
  /** A page of what has changed. Who applies the pages in order has the tasks as they are. */
  changes(input: ListChanges, options?: CallOptions): Promise<ChangePage>;
  /** Connects at once, and stays connected until it is closed. */
  replica(options?: ReplicaOptions): Replica;
}
