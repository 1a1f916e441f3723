import { tasksRouter } from './tasks/router.ts';
import { router } from './trpc.ts';

export const appRouter = router({ tasks: tasksRouter });

export type AppRouter = typeof appRouter;
