import { historyRouter } from './history/router.ts';
import { syncRouter } from './sync/router.ts';
import { tasksRouter } from './tasks/router.ts';
import { router } from './trpc.ts';

export const appRouter = router({ history: historyRouter, sync: syncRouter, tasks: tasksRouter });

export type AppRouter = typeof appRouter;
