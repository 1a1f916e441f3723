export { type Auth, CLIENT_ADDRESS_HEADER, createAuth } from './auth.ts';
export type { Identify } from './identify.ts';
