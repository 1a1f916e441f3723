import { once } from '../once.ts';
import { router, userProcedure } from '../trpc.ts';
import { listHistoryInput, rewindInput } from './input.ts';
import { retellRewind, rewind } from './rewind.ts';
import { listHistory } from './store.ts';

export const historyRouter = router({
  list: userProcedure.input(listHistoryInput.prefault({})).query(({ ctx, input }) => listHistory(ctx.tasks, input)),
  rewind: userProcedure.input(rewindInput).mutation(({ ctx, input }) => once(ctx.tasks, 'history.rewind', input, rewind, retellRewind)),
});
