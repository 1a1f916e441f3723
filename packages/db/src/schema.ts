export { events } from './schema/events.ts';
export { idempotencyKeys } from './schema/idempotency-keys.ts';
export { lists } from './schema/lists.ts';
export { accountReceipts, owners } from './schema/owners.ts';
export { retention } from './schema/retention.ts';
export { account, jwks, rateLimit, session, user, verification } from './schema/sign-in.ts';
export { taskLabels } from './schema/task-labels.ts';
export { tasks } from './schema/tasks.ts';
