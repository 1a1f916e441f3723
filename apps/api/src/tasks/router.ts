import { z } from 'zod';
import { listRemovedInput, restoreTaskInput } from '../history/input.ts';
import { listRemoved, restoreTask } from '../history/store.ts';
import { once } from '../once.ts';
import { router, userProcedure } from '../trpc.ts';
import { completeTasks, createTasks, removeTasks, retellCompleteMany, retellCreateMany, retellRemoveMany } from './batch.ts';
import { importTasks, retellImport } from './import.ts';
import { changeManyInput, changeTaskInput, createManyInput, createTaskInput, editTaskInput, getTaskInput, importTasksInput, listTasksInput } from './input.ts';
import { listTasks } from './list.ts';
import { retellChange, retellCreate, retellRemove, retellRestore } from './retell.ts';
import { completeTask, countTasks, createTask, editTask, getTask, removeTask, reopenTask } from './store.ts';

export const tasksRouter = router({
  create: userProcedure.input(createTaskInput).mutation(({ ctx, input }) => once(ctx.tasks, 'tasks.create', input, createTask, retellCreate)),
  get: userProcedure.input(getTaskInput).query(({ ctx, input }) => getTask(ctx.tasks, input)),
  list: userProcedure.input(listTasksInput.prefault({})).query(({ ctx, input }) => listTasks(ctx.tasks, input)),
  counts: userProcedure.input(z.strictObject({}).optional()).query(({ ctx }) => countTasks(ctx.tasks)),
  edit: userProcedure.input(editTaskInput).mutation(({ ctx, input }) => once(ctx.tasks, 'tasks.edit', input, editTask, retellChange)),
  complete: userProcedure.input(changeTaskInput).mutation(({ ctx, input }) => once(ctx.tasks, 'tasks.complete', input, completeTask, retellChange)),
  reopen: userProcedure.input(changeTaskInput).mutation(({ ctx, input }) => once(ctx.tasks, 'tasks.reopen', input, reopenTask, retellChange)),
  remove: userProcedure.input(changeTaskInput).mutation(({ ctx, input }) => once(ctx.tasks, 'tasks.remove', input, removeTask, retellRemove)),
  createMany: userProcedure.input(createManyInput).mutation(({ ctx, input }) => once(ctx.tasks, 'tasks.createMany', input, createTasks, retellCreateMany)),
  completeMany: userProcedure
    .input(changeManyInput)
    .mutation(({ ctx, input }) => once(ctx.tasks, 'tasks.completeMany', input, completeTasks, retellCompleteMany)),
  removeMany: userProcedure.input(changeManyInput).mutation(({ ctx, input }) => once(ctx.tasks, 'tasks.removeMany', input, removeTasks, retellRemoveMany)),
  import: userProcedure.input(importTasksInput).mutation(({ ctx, input }) => once(ctx.tasks, 'tasks.import', input, importTasks, retellImport)),
  removed: userProcedure.input(listRemovedInput.prefault({})).query(({ ctx, input }) => listRemoved(ctx.tasks, input)),
  restore: userProcedure.input(restoreTaskInput).mutation(({ ctx, input }) => once(ctx.tasks, 'tasks.restore', input, restoreTask, retellRestore)),
});
