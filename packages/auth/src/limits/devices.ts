import { createHmac, randomUUID } from 'node:crypto';
import { isSame, readCookie } from '../credentials.ts';

const MAX_AGE_SECONDS = 365 * 86_400;

/** How many accounts a device is remembered for: those that signed in last. */
const ACCOUNTS_MAX = 8;

/** Node makes random UUIDs in advance, so that each costs less than random bytes. */
const newId = () => Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url');

/** A browser, and the accounts that have signed in with it. */
export interface Device {
  id: string;
  /** Whether somebody has signed in here to the account with this e-mail address. */
  knows(email: string): boolean;
}

export interface Devices {
  of(headers: Headers): Device;
  /** A Set-Cookie line, after which the device knows the account. */
  remember(headers: Headers, email: string): string;
}

interface DeviceOptions {
  cookieName: string;
  isSecure: boolean;
  /** The current one first. */
  secrets: readonly [string, ...string[]];
}

/** Wrong passwords from elsewhere cannot keep a known device from signing in. The cookie gives no access: it names a device, and an HMAC for each account. */
export function createDevices({ cookieName, isSecure, secrets }: DeviceOptions): Devices {
  const sign = (id: string, email: string, secret: string = secrets[0]) => createHmac('sha256', secret).update(`device ${id} ${email}`).digest('base64url');
  const read = (headers: Headers) => {
    const [id = '', ...accounts] = readCookie(headers, cookieName)?.split('.') ?? [];
    return /^[\w-]{22}$/.test(id) ? { id, accounts: accounts.slice(0, ACCOUNTS_MAX) } : { id: newId(), accounts: [] };
  };
  return {
    of: (headers) => {
      const { id, accounts } = read(headers);
      return { id, knows: (email) => secrets.some((secret) => accounts.some((account) => isSame(account, sign(id, email, secret)))) };
    },
    remember: (headers, email) => {
      const { id, accounts } = read(headers);
      const account = sign(id, email);
      const value = [id, account, ...accounts.filter((each) => each !== account).slice(0, ACCOUNTS_MAX - 1)].join('.');
      return `${cookieName}=${value}; Max-Age=${MAX_AGE_SECONDS}; Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
    },
  };
}
