import type { Output, Parsed, procedures } from '@todo/contract';
import { type OwnerDb, owner, prepare, schema } from '@todo/db';
import { eq, sql } from 'drizzle-orm';
import { createImport } from '../entities/import.ts';
import { createReplay } from '../entities/replay.ts';
import { createStore } from '../entities/store.ts';

const { owners } = schema;

type Procedures = typeof procedures.tasks;

/** A task is removed with its subtasks. */
export const taskStore = createStore('task', (id) => sql`task_tree(${owner}::uuid, array[${id}])`);
export const taskReplay = createReplay('task');
export const taskImport = createImport('task', ({ tasks }: Parsed<Procedures['import']>) => tasks);

const selectCounts = prepare((db) => db.select({ open: owners.open, completed: owners.completed }).from(owners).where(eq(owners.userId, owner)));

export async function countTasks(db: OwnerDb): Promise<Output<Procedures['counts']>> {
  const [counts] = await db.run(selectCounts);
  return counts ?? { open: 0, completed: 0 };
}

const reopen = taskStore.changing(sql`completed_at = null`);

export const reopenTask: typeof reopen = (db, input) => reopen(db.withNotes({ action: 'reopened' }), input);
