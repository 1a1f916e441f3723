import { createHash, randomBytes } from 'node:crypto';

/** For a link that is sent to somebody: 32 characters that nobody can guess. */
export const newToken = (): string => randomBytes(24).toString('base64url');

/** As Better Auth stores an identifier with `storeIdentifier: 'hashed'`: the database holds no token. */
export const hashOfIdentifier = (identifier: string): string => createHash('sha256').update(identifier).digest('base64url');
