import type { AuthEventName } from '@todo/contract';
import { type IdentityDb, schema } from '@todo/db';
import { eq } from 'drizzle-orm';
import { RateLimited } from '../limits/rate-limited.ts';
import type { RateLimits } from '../limits/rate-limits.ts';
import type { Rates } from '../limits/rates.ts';
import type { Background } from './background.ts';
import type { Delivery } from './delivery.ts';
import type { Mail } from './mail.ts';
import { texts } from './texts.ts';

export interface NoticeDeps {
  identity: IdentityDb;
  mail: Pick<Delivery, 'add'> | undefined;
  background: Background;
  limits: RateLimits;
  rates: Rates;
}

interface Occasion {
  name: AuthEventName;
  userId: string;
  /** Where the request came from. */
  address: string;
  /** Somebody has signed in to the account with this device before. */
  isKnownDevice: boolean;
}

/** What users are told of. Each kind has its own limit, so that many of one kind hide none of another. */
const always: Partial<Record<AuthEventName, (account: { email: string }, occasion: { at: Date; address: string }) => Mail>> = {
  password_changed: texts.newPassword,
  password_reset: texts.newPassword,
  email_change_requested: texts.addressChangeAsked,
  second_factor_on: texts.secondFactorOn,
  second_factor_off: texts.secondFactorOff,
  recovery_codes_made: texts.newRecoveryCodes,
  passkey_added: texts.newPasskey,
  passkey_removed: texts.removedPasskey,
  provider_connected: texts.newConnection,
  provider_disconnected: texts.endedConnection,
};

export type Notify = (occasion: Occasion) => void;

/** Tells users by mail what an intruder would have done: a change of how they sign in, and a sign-in from a device that is new. */
export function createNotices({ identity, mail, background, limits, rates }: NoticeDeps): Notify {
  const { user } = schema;
  return ({ name, userId, address, isKnownDevice }) => {
    const write = always[name];
    if (!mail || !(write || (name === 'signed_in' && !isKnownDevice))) return;
    const at = new Date();
    background.run(async () => {
      const [account] = await identity.select({ email: user.email }).from(user).where(eq(user.id, userId));
      if (!account) return;
      try {
        // Programs that keep no cookies come from a new device each time. And the address may be one of somebody else.
        await limits.take(write ? rates.ofChangeNotice(userId, name) : rates.ofNotice(userId));
      } catch (error) {
        if (error instanceof RateLimited) return;
        throw error;
      }
      return mail.add(userId, (write ?? texts.newDevice)(account, { at, address }));
    });
  };
}
