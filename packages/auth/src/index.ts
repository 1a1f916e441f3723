export { type Auth, type AuthOptions, CLIENT_ADDRESS_HEADER, createAuth } from './auth.ts';
export type { Identify } from './identify.ts';
export { RateLimited } from './limits/rate-limited.ts';
