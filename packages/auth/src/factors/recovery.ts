import { createHash, randomBytes } from 'node:crypto';
import { base32 } from '@better-auth/utils/base32';
import { RECOVERY_CODES } from '@todo/contract';

const CODE_BYTES = 10;

/** A code as people type it: in capitals or not, with hyphens and spaces or without. */
export const plainCode = (typed: string): string => typed.replace(/[\s-]/g, '').toUpperCase();

/** Of 80 random bits, so that neither salt nor a slow hash is needed. */
export const newRecoveryCodes = (): string[] =>
  Array.from({ length: RECOVERY_CODES }, () => (base32.encode(randomBytes(CODE_BYTES), { padding: false }).match(/.{4}/g) ?? []).join('-'));

/** What the database stores of a code. */
export const recoveryHash = (userId: string, code: string): string =>
  createHash('sha256')
    .update(`recovery code ${userId} ${plainCode(code)}`)
    .digest('hex');
