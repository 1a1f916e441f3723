export { type Auth, type AuthOptions, CLIENT_ADDRESS_HEADER, createAuth, JWT_LIFETIME_SECONDS } from './auth.ts';
export type { Identify } from './identify.ts';
