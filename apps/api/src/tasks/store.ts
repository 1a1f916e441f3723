import type { Parsed, procedures } from '@todo/contract';
import { owner, patchValues, tables } from '@todo/db';
import { sql } from 'drizzle-orm';
import { createImport } from '../entities/import.ts';
import { createReplay } from '../entities/replay.ts';
import { createStore } from '../entities/store.ts';
import { dependent, dependentValues, isDependent } from './dependent.ts';

type Procedures = typeof procedures.tasks;

/** A task is removed with its subtasks. */
export const taskStore = createStore('task', (id) => sql`task_tree(${owner}::uuid, array[${id}])`);
export const taskReplay = createReplay('task');
export const taskImport = createImport('task', ({ tasks }: Parsed<Procedures['import']>) => tasks);

const reopen = taskStore.changing(sql`completed_at = null`);

export const reopenTask: typeof reopen = (db, input) => reopen(db.withNotes({ action: 'reopened' }), input);

const editDependent = taskStore.changing(tables.task.patched(dependent), (input: Parsed<Procedures['edit']>) => ({
  ...patchValues('task', input),
  ...dependentValues(input),
}));

export const editTask: typeof editDependent = (db, input) => (isDependent(input) ? editDependent : taskStore.edit)(db, input);
