import { scrypt as derive, randomBytes } from 'node:crypto';
import { isSame } from '../credentials.ts';

export interface PasswordHashing {
  hash(password: string): Promise<string>;
  verify(attempt: { hash: string; password: string }): Promise<boolean>;
  /** Whether a hash that is made now would be stronger. */
  isWeak?(hash: string): boolean;
}

/** Of RFC 7914: a hash takes 128 × N × r bytes, and time by N × r × p. */
export interface ScryptParameters {
  N: number;
  r: number;
  p: number;
}

/** Those of Better Auth, which hashes without parameters were made with. */
export const SCRYPT: ScryptParameters = { N: 16_384, r: 16, p: 1 };

const KEY_BYTES = 64;
/** A hash that asks for more memory is refused. */
const MEMORY_MAX_BYTES = 268_435_456;

const cost = ({ N, r, p }: ScryptParameters) => N * r * p;

const keyOf = (password: string, salt: string, parameters: ScryptParameters) =>
  new Promise<string>((resolve, reject) => {
    derive(password.normalize('NFKC'), salt, KEY_BYTES, { ...parameters, maxmem: MEMORY_MAX_BYTES }, (error, key) => {
      if (error) reject(error);
      else resolve(key.toString('hex'));
    });
  });

function parse(hash: string) {
  const [, salt, key, ...numbers] = /^(\w+):(\w+)(?::scrypt,([1-9]\d*),([1-9]\d*),([1-9]\d*))?$/.exec(hash) ?? [];
  if (salt === undefined || key === undefined) throw new Error('A stored password has an unknown form.');
  const [N, r, p] = numbers.map(Number);
  return { salt, key, parameters: N && r && p ? { N, r, p } : SCRYPT };
}

/**
 * Stores `salt:key:scrypt,N,r,p`. Better Auth's own form ends after the key; its code, which the version before uses, reads both, and takes the parameters for its
 * own.
 */
export const createScrypt = (parameters: ScryptParameters): PasswordHashing => ({
  hash: async (password) => {
    const salt = randomBytes(16).toString('hex');
    const { N, r, p } = parameters;
    return `${salt}:${await keyOf(password, salt, parameters)}:scrypt,${N},${r},${p}`;
  },
  verify: async ({ hash, password }) => {
    const stored = parse(hash);
    return isSame(await keyOf(password, stored.salt, stored.parameters), stored.key);
  },
  isWeak: (hash) => cost(parse(hash).parameters) < cost(parameters),
});

export const scrypt = createScrypt(SCRYPT);
