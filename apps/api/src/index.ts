export type { ErrorShape } from './errors.ts';
export type { AppRouter } from './router.ts';
