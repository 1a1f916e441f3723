import { procedures } from '@todo/contract';
import { listHistory, listRemoved } from './history/store.ts';
import { replayRewind, replayUndo, rewind, undo } from './history/undo.ts';
import { listLabels, removeLabel, renameLabel, replayLabels } from './labels/store.ts';
import { moveList } from './lists/move.ts';
import { archiveList, listImport, listLists, listReplay, listStore, removeList, unarchiveList } from './lists/store.ts';
import { listChanges } from './sync/store.ts';
import { watchChanges } from './sync/watch.ts';
import { createTasks, editTasks, removeTasks, replayChangeMany, replayCreateMany, replayRemoveMany } from './tasks/batch.ts';
import { completeTask, skipTask } from './tasks/complete.ts';
import { completeTasks } from './tasks/complete-many.ts';
import { countTasks } from './tasks/counts.ts';
import { listTasks } from './tasks/list.ts';
import { moveTask, moveTasks, replayMoveMany } from './tasks/move.ts';
import { editTask, reopenTask, taskImport, taskReplay, taskStore } from './tasks/store.ts';
import { mutation, query, router, subscription } from './trpc.ts';

const { tasks, labels, lists, history, sync } = procedures;

export const appRouter = router({
  tasks: router({
    create: mutation(tasks.create, taskStore.create, taskReplay.create),
    get: query(tasks.get, taskStore.get),
    list: query(tasks.list, listTasks),
    counts: query(tasks.counts, countTasks),
    edit: mutation(tasks.edit, editTask, taskReplay.change),
    complete: mutation(tasks.complete, completeTask, taskReplay.change),
    skip: mutation(tasks.skip, skipTask, taskReplay.change),
    reopen: mutation(tasks.reopen, reopenTask, taskReplay.change),
    move: mutation(tasks.move, moveTask, taskReplay.change),
    moveMany: mutation(tasks.moveMany, moveTasks, replayMoveMany),
    remove: mutation(tasks.remove, taskStore.remove, taskReplay.remove),
    createMany: mutation(tasks.createMany, createTasks, replayCreateMany),
    editMany: mutation(tasks.editMany, editTasks, replayChangeMany),
    completeMany: mutation(tasks.completeMany, completeTasks, replayChangeMany),
    removeMany: mutation(tasks.removeMany, removeTasks, replayRemoveMany),
    import: mutation(tasks.import, taskImport.run, taskImport.replay),
    removed: query(tasks.removed, listRemoved),
    restore: mutation(tasks.restore, taskStore.restore, taskReplay.restore),
  }),
  lists: router({
    create: mutation(lists.create, listStore.create, listReplay.create),
    get: query(lists.get, listStore.get),
    list: query(lists.list, listLists),
    edit: mutation(lists.edit, listStore.edit, listReplay.change),
    archive: mutation(lists.archive, archiveList, listReplay.change),
    move: mutation(lists.move, moveList, listReplay.change),
    unarchive: mutation(lists.unarchive, unarchiveList, listReplay.change),
    remove: mutation(lists.remove, removeList, listReplay.remove),
    import: mutation(lists.import, listImport.run, listImport.replay),
    restore: mutation(lists.restore, listStore.restore, listReplay.restore),
  }),
  labels: router({
    list: query(labels.list, listLabels),
    rename: mutation(labels.rename, renameLabel, replayLabels),
    remove: mutation(labels.remove, removeLabel, replayLabels),
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
