import { procedures } from '@todo/contract';
import { listHistory, listRemoved, replayRestore, restoreTask } from './history/store.ts';
import { replayRewind, replayUndo, rewind, undo } from './history/undo.ts';
import { listChanges } from './sync/store.ts';
import { watchChanges } from './sync/watch.ts';
import { completeTasks, createTasks, editTasks, removeTasks, replayChangeMany, replayCreateMany, replayRemoveMany } from './tasks/batch.ts';
import { importTasks, replayImport } from './tasks/import.ts';
import { listTasks } from './tasks/list.ts';
import { replayChange, replayCreate, replayRemove } from './tasks/replay.ts';
import { completeTask, countTasks, createTask, editTask, getTask, removeTask, reopenTask } from './tasks/store.ts';
import { mutation, query, router, subscription } from './trpc.ts';

const { tasks, history, sync } = procedures;

export const appRouter = router({
  tasks: router({
    create: mutation(tasks.create, createTask, replayCreate),
    get: query(tasks.get, getTask),
    list: query(tasks.list, listTasks),
    counts: query(tasks.counts, countTasks),
    edit: mutation(tasks.edit, editTask, replayChange),
    complete: mutation(tasks.complete, completeTask, replayChange),
    reopen: mutation(tasks.reopen, reopenTask, replayChange),
    remove: mutation(tasks.remove, removeTask, replayRemove),
    createMany: mutation(tasks.createMany, createTasks, replayCreateMany),
    editMany: mutation(tasks.editMany, editTasks, replayChangeMany),
    completeMany: mutation(tasks.completeMany, completeTasks, replayChangeMany),
    removeMany: mutation(tasks.removeMany, removeTasks, replayRemoveMany),
    import: mutation(tasks.import, importTasks, replayImport),
    removed: query(tasks.removed, listRemoved),
    restore: mutation(tasks.restore, restoreTask, replayRestore),
  }),
  history: router({
    list: query(history.list, listHistory),
    rewind: mutation(history.rewind, rewind, replayRewind),
    undo: mutation(history.undo, undo, replayUndo),
  }),
  sync: router({
    changes: query(sync.changes, listChanges),
    watch: subscription(sync.watch, watchChanges),
  }),
});

export type AppRouter = typeof appRouter;
