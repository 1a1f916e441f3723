import { createHmac } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The code that an authenticator app shows for a secret in base32, by RFC 6238; `later` steps of 30 seconds from now, or at a step. */
export function codeOf(secret: string, { later = 0, at = Math.floor(Date.now() / 30_000) }: { later?: number; at?: number } = {}): string {
  const bits = [...secret].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(at + later));
  const digest = createHmac('sha1', key).update(counter).digest();
  const start = digest.readUInt8(digest.length - 1) & 15;
  return String((digest.readUInt32BE(start) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** Lets the code of the present step be used again in the database of a test. */
export const FORGET_STEPS = 'update second_factors set last_step = 0';
