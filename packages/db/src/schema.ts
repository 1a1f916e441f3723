export { account } from './schema/account.ts';
export { jwks } from './schema/jwks.ts';
export { rateLimit } from './schema/rate-limit.ts';
export { session } from './schema/session.ts';
export { taskCounters } from './schema/task-counters.ts';
export { tasks } from './schema/tasks.ts';
export { user } from './schema/user.ts';
export { verification } from './schema/verification.ts';
