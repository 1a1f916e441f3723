import { router, userProcedure } from '../trpc.ts';
import { listChangesInput, watchChangesInput } from './input.ts';
import { listChanges } from './store.ts';
import { watchChanges } from './watch.ts';

export const syncRouter = router({
  changes: userProcedure.input(listChangesInput).query(({ ctx, input }) => listChanges(ctx.tasks, input)),
  watch: userProcedure.input(watchChangesInput).subscription(({ ctx, input, signal }) => watchChanges({ ...ctx.request, ...ctx }, input, signal)),
});
