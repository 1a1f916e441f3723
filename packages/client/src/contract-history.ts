import type { CallOptions } from './contract.ts';
import type { Change } from './contract-tasks.ts';

/** What a field was before a change and after it; null where there was, or is, no task. */
export interface FieldChange {
  from: string | null;
  to: string | null;
}

/** One change of one task. */
export interface TaskEvent {
  /** Its number in the history of all tasks: 1 for the first change, one more for each, without a gap. */
  seq: number;
  taskId: string;
  action: 'created' | 'edited' | 'completed' | 'reopened' | 'removed' | 'restored';
  /** ISO-8601 in UTC. */
  at: string;
  /** Of the call that made the change, if it had one. */
  mutationId: string | null;
  /** The fields that changed, and no others. */
  changes: { title?: FieldChange; description?: FieldChange; completedAt?: FieldChange };
}

export interface ListHistory {
  /** Only what happened to this task. */
  taskId?: string | undefined;
  /** 1 to 200; 50 unless given. */
  limit?: number | undefined;
  /** `nextCursor` of the page before. */
  cursor?: string | undefined;
}

export interface HistoryPage {
  items: TaskEvent[];
  /** Gives the next page as `cursor`; null on the last one. */
  nextCursor: string | null;
}

export interface Rewind extends Change {
  /** The last change that is to count, by its number, 0 for none; or the moment to go back to, in ISO-8601. */
  to: number | string;
  /** Changes nothing, and takes no `mutationId`. */
  dryRun?: boolean | undefined;
}

/** How many tasks a rewind brings back, changes and removes. */
export interface Rewound {
  restored: number;
  edited: number;
  removed: number;
}

export interface History {
  /** A page of what happened to the tasks, removed ones too, newest first. Fails with INVALID_CURSOR. */
  list(input?: ListHistory, options?: CallOptions): Promise<HistoryPage>;
  /**
   * Sets all tasks back to how they were, or none; another rewind undoes it. A dry run says what would change. Fails with QUOTA_REACHED, or INVALID_INPUT
   * where the history was trimmed.
   */
  rewind(input: Rewind, options?: CallOptions): Promise<Rewound>;
}
