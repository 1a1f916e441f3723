import { randomBytes } from 'node:crypto';
import { base32 } from '@better-auth/utils/base32';
import { createOTP } from '@better-auth/utils/otp';
import { isSame } from '../credentials.ts';

// Codes of authenticator apps, by RFC 6238: SHA-1, six digits, a step of 30 seconds. Many apps know nothing else.

const STEP_MS = 30_000;

/** How many steps the clock of a phone may be off, in each direction. */
const STEPS_OFF = 1;

const SECRET_BYTES = 20;

/** What app and server compute codes from, in base32. */
export const newSecret = (): string => base32.encode(randomBytes(SECRET_BYTES), { padding: false });

const otpOf = (secret: string) => createOTP(base32.decode(secret), { digits: 6, period: STEP_MS / 1000 });

/** The address that an app reads from a QR code. */
export const uriOf = (secret: string, issuer: string, email: string): string => otpOf(secret).url(issuer, email);

/** The step whose code this is, near now, or undefined. It takes as long for any code. */
export async function stepOf(secret: string, code: string): Promise<number | undefined> {
  const otp = otpOf(secret);
  const now = Math.floor(Date.now() / STEP_MS);
  let found: number | undefined;
  for (let step = now - STEPS_OFF; step <= now + STEPS_OFF; step += 1) if (isSame(code, await otp.hotp(step))) found = step;
  return found;
}
