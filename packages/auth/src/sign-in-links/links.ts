import { type AuthEventName, SIGN_IN_LINK_MINUTES } from '@todo/contract';
import { schema } from '@todo/db';
import { eq, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { proveAddress } from '../first-proof.ts';
import type { Origin } from '../limits/rates.ts';
import { isCurrentAddress } from '../mail/current-address.ts';
import { hashOfIdentifier, newToken } from '../mail/link-tokens.ts';
import type { MailDeps } from '../mail/mail-deps.ts';
import { texts } from '../mail/texts.ts';
import { placeOf } from '../security-events/place.ts';
import { withUserLock } from '../user-lock.ts';

/** A link that works, and whose account it opens. */
interface FoundLink {
  identifier: string;
  userId: string;
  email: string;
}

/** Links that sign in, each only together with the secret of the client that has asked for it. Methods throw RateLimited and DatabaseFailure. */
export interface SignInLinks {
  /** Returns before anybody looks for an account with this address, in lower case. */
  request(origin: Origin, email: string, secret: string): Promise<void>;
  /** Undefined for a link that does not work with this secret, which counts. The link stays as it is. */
  find(origin: Origin, token: string, secret: string): Promise<FoundLink | undefined>;
  /** Undefined if another request was faster. The link has shown that the address is the user's; returns the events of that, which are stored. */
  use(origin: Origin, link: FoundLink): Promise<AuthEventName[] | undefined>;
}

const identifierOf = (token: string, secret: string) => hashOfIdentifier(`sign-in-link:${secret}:${token}`);

export function createSignInLinks({ identity, mail, baseUrl, limits, rates, background }: MailDeps): SignInLinks {
  const { user, verification } = schema;

  const send = async (email: string, secret: string, isKnownDevice: boolean) => {
    const columns = { id: user.id, email: user.email, isVerified: user.emailVerified, disabledAt: user.disabledAt };
    const [found] = await identity.select(columns).from(user).where(eq(user.email, email));
    if (!found || found.disabledAt) return;
    const token = newToken();
    const now = sql`now()`;
    const expiresAt = sql`now() + make_interval(mins => ${SIGN_IN_LINK_MINUTES})`;
    const row = { id: uuidv7(), identifier: identifierOf(token, secret), value: found.id, expiresAt, createdAt: now, updatedAt: now };
    await identity.insert(verification).values(row);
    if (!(await isCurrentAddress(identity, found))) return;
    await mail?.add(found.id, texts.signInLink(found, `${baseUrl}/#/sign-in?token=${token}`, !found.isVerified && !isKnownDevice));
  };

  return {
    request: async (origin, email, secret) => {
      await limits.take(rates.ofLinkRequest(origin, email));
      const isKnownDevice = origin.device.knows(email);
      background.admit(() => send(email, secret, isKnownDevice));
    },
    find: async (origin, token, secret) => {
      const ifWrong = rates.ofWrongLink(origin);
      await limits.take(ifWrong);
      const identifier = identifierOf(token, secret);
      const [found] = await identity.execute<{ id: string; email: string }>(sql`
        select u.id, u.email from verification v join "user" u on u.id = v.value::uuid
        where v.identifier = ${identifier} and v.expires_at > now() and u.disabled_at is null`);
      if (!found) return undefined;
      await limits.giveBack(ifWrong);
      return { identifier, userId: found.id, email: found.email };
    },
    use: (origin, { identifier, userId, email }) =>
      withUserLock(identity, { userId }, async (tx) => {
        const used = await tx.execute(sql`delete from verification where identifier = ${identifier} and expires_at > now() returning id`);
        if (used.length === 0) return undefined;
        // Whoever has signed in on this device before has set up what opens the account. Otherwise it may have been somebody who does not have the address.
        const events = await proveAddress(tx, userId, placeOf(origin), origin.device.knows(email) ? 'nothing' : 'password');
        return events;
      }),
  };
}
