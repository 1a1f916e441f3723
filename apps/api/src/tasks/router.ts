import { z } from 'zod';
import { router, userProcedure } from '../trpc.ts';
import { changeTaskInput, createTaskInput, editTaskInput, getTaskInput, listTasksInput } from './input.ts';
import { listTasks } from './list.ts';
import { completeTask, countTasks, createTask, editTask, getTask, removeTask, reopenTask } from './store.ts';

export const tasksRouter = router({
  create: userProcedure.input(createTaskInput).mutation(({ ctx, input }) => createTask(ctx.tasks, input)),
  get: userProcedure.input(getTaskInput).query(({ ctx, input }) => getTask(ctx.tasks, input)),
  list: userProcedure.input(listTasksInput.prefault({})).query(({ ctx, input }) => listTasks(ctx.tasks, input)),
  counts: userProcedure.input(z.strictObject({}).optional()).query(({ ctx }) => countTasks(ctx.tasks)),
  edit: userProcedure.input(editTaskInput).mutation(({ ctx, input }) => editTask(ctx.tasks, input)),
  complete: userProcedure.input(changeTaskInput).mutation(({ ctx, input }) => completeTask(ctx.tasks, input)),
  reopen: userProcedure.input(changeTaskInput).mutation(({ ctx, input }) => reopenTask(ctx.tasks, input)),
  remove: userProcedure.input(changeTaskInput).mutation(({ ctx, input }) => removeTask(ctx.tasks, input)),
});
