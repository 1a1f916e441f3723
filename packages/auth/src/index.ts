export { type Auth, type AuthEvent, type AuthOptions, authPaths, CLIENT_ADDRESS_HEADER, createAuth } from './auth.ts';
export type { Identify } from './identify.ts';
export { RateLimited } from './limits/rate-limited.ts';
export { authEvents } from './routes.ts';
