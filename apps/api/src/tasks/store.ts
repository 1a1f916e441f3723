import type { Parsed, procedures } from '@todo/contract';
import { changedLabels, owner, patchValues, tables } from '@todo/db';
import { sql } from 'drizzle-orm';
import { createImport } from '../entities/import.ts';
import { createReplay } from '../entities/replay.ts';
import { createStore } from '../entities/store.ts';
import { changesLabels, labelValues } from '../labels/changes.ts';

type Procedures = typeof procedures.tasks;

/** A task is removed with its subtasks. */
export const taskStore = createStore('task', (id) => sql`task_tree(${owner}::uuid, array[${id}])`);
export const taskReplay = createReplay('task');
export const taskImport = createImport('task', ({ tasks }: Parsed<Procedures['import']>) => tasks);

const reopen = taskStore.changing(sql`completed_at = null`);

export const reopenTask: typeof reopen = (db, input) => reopen(db.withNotes({ action: 'reopened' }), input);

const editLabels = taskStore.changing(tables.task.patched({ labels: changedLabels }), (input: Parsed<Procedures['edit']>) => ({
  ...patchValues('task', input),
  ...labelValues(input),
}));

export const editTask: typeof editLabels = (db, input) => (changesLabels(input) ? editLabels : taskStore.edit)(db, input);
