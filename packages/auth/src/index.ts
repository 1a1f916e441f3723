export { type Auth, type AuthEvent, type AuthOptions, authPaths, CLIENT_ADDRESS_HEADER, createAuth, JWT_LIFETIME_SECONDS } from './auth.ts';
export { findUser, type Identify } from './identify.ts';
export { scrypt } from './limits/passwords.ts';
export { RateLimited } from './limits/rate-limited.ts';
export { authEvents } from './routes.ts';
