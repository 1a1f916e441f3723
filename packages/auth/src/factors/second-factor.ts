import { type IdentityDb, schema } from '@todo/db';
import { APIError } from 'better-auth/api';
import { and, asc, eq, gt, isNotNull, isNull, ne, sql } from 'drizzle-orm';
import type { Encryption } from '../encryption.ts';
import type { Guard } from '../limits/guard.ts';
import { kindOf } from '../log-parts.ts';
import { newRecoveryCodes, plainCode, recoveryHash } from './recovery.ts';
import { newSecret, stepOf, uriOf } from './totp.ts';

/** How long a set-up waits for its first code. */
const SET_UP_SECONDS = 3_600;
const ROWS_PER_STEP = 100;
/** What apps show beside the e-mail address. */
const ISSUER = 'Todo';

interface Person {
  id: string;
  email: string;
}

/** An authenticator app beside the password. Its methods throw RateLimited and DatabaseFailure, and APIError for what they refuse. */
export interface SecondFactor {
  /** Refuses unless the user has no second factor, or the request came with a code. The code is used up. */
  require(userId: string): Promise<void>;
  status(userId: string): Promise<{ enabledAt: string | null; recoveryCodesLeft: number }>;
  /** Makes a secret, which has no effect yet. */
  setUp(person: Person): Promise<{ uri: string; secret: string }>;
  /** From now on a code is asked for. Returns the recovery codes. */
  turnOn(person: Person, code: string): Promise<string[]>;
  renewRecoveryCodes(userId: string): Promise<string[]>;
  turnOff(userId: string): Promise<void>;
  /** Encrypts anew what another secret of the installation has encrypted, so that it can go. Ends early once `signal` has aborted. */
  encryptAnew(signal: AbortSignal): Promise<void>;
}

interface SecondFactorDeps {
  identity: IdentityDb;
  guard: Pick<Guard, 'code' | 'awaitCode' | 'tryCode'>;
  encryption: Encryption;
  log(message: string): void;
}

const refuse = (status: 'UNAUTHORIZED' | 'BAD_REQUEST' | 'CONFLICT', code: string, message: string) => new APIError(status, { code, message });
const required = () =>
  refuse('UNAUTHORIZED', 'SECOND_FACTOR_REQUIRED', 'This account has a second factor. Send the same again with a code of its authenticator app.');
const wrong = () => refuse('UNAUTHORIZED', 'CODE_WRONG', 'This code is wrong, or was used already. Enter the next one.');
const isOff = () => refuse('CONFLICT', 'SECOND_FACTOR_OFF', 'There is no second factor, or none whose set-up has begun within the last hour.');
const isOn = () => refuse('CONFLICT', 'SECOND_FACTOR_ON', 'There is a second factor already. Turn it off first.');

export function createSecondFactor({ identity, guard, encryption, log }: SecondFactorDeps): SecondFactor {
  const { secondFactors, user } = schema;
  const isConfirmed = isNotNull(secondFactors.confirmedAt);
  const ofUser = (userId: string) => eq(secondFactors.userId, userId);
  const isRecent = gt(secondFactors.createdAt, sql`now() - make_interval(secs => ${SET_UP_SECONDS})`);

  /** The second factor of an enabled user. A disabled one is refused later, as if the password were wrong. */
  const find = async (userId: string) => {
    const columns = { secret: secondFactors.secret, email: user.email };
    const query = identity.select(columns).from(secondFactors).innerJoin(user, eq(user.id, secondFactors.userId));
    const [found] = await query.where(and(ofUser(userId), isConfirmed, isNull(user.disabledAt)));
    return found;
  };

  /** Each of these is one statement, so of two requests at the same time one fails. */
  const useStep = async (userId: string, encrypted: string, code: string) => {
    const secret = await encryption.decrypt(encrypted);
    const step = secret === undefined ? undefined : await stepOf(secret, code);
    if (step === undefined) return false;
    const isLater = sql`${secondFactors.lastStep} < ${step}`;
    const used = await identity
      .update(secondFactors)
      .set({ lastStep: step })
      .where(and(ofUser(userId), isConfirmed, isLater))
      .returning({ step: secondFactors.lastStep });
    return used.length > 0;
  };
  const useRecoveryCode = async (userId: string, code: string) => {
    const hash = recoveryHash(userId, code);
    const used = await identity.execute(sql`
      update second_factors set recovery_codes = array_remove(recovery_codes, ${hash})
      where user_id = ${userId} and confirmed_at is not null and ${hash} = any(recovery_codes) returning user_id`);
    return used.length > 0;
  };

  const use = async (person: Person, secret: string, typed: string) => {
    const code = plainCode(typed);
    const isOfApp = /^\d{6}$/.test(code);
    const isRight = await guard.tryCode(person, isOfApp, () => (isOfApp ? useStep(person.id, secret, code) : useRecoveryCode(person.id, code)));
    if (!isRight) throw wrong();
  };

  return {
    require: async (userId) => {
      const found = await find(userId);
      if (!found) return;
      const code = guard.code();
      if (code === undefined) {
        guard.awaitCode();
        throw required();
      }
      await use({ id: userId, email: found.email }, found.secret, code);
    },
    status: async (userId) => {
      const columns = { confirmedAt: secondFactors.confirmedAt, left: sql<number>`cardinality(${secondFactors.recoveryCodes})` };
      const [found] = await identity
        .select(columns)
        .from(secondFactors)
        .where(and(ofUser(userId), isConfirmed));
      return { enabledAt: found?.confirmedAt?.toISOString() ?? null, recoveryCodesLeft: Number(found?.left ?? 0) };
    },
    setUp: async ({ id, email }) => {
      const secret = newSecret();
      const pending = { secret: await encryption.encrypt(secret), keyId: encryption.keyId, createdAt: sql`now()`, lastStep: 0, recoveryCodes: [] };
      const made = await identity
        .insert(secondFactors)
        .values({ userId: id, ...pending })
        .onConflictDoUpdate({ target: secondFactors.userId, set: pending, setWhere: isNull(secondFactors.confirmedAt) })
        .returning({ userId: secondFactors.userId });
      if (made.length === 0) throw isOn();
      return { uri: uriOf(secret, ISSUER, email), secret };
    },
    turnOn: async (person, typed) => {
      const isPending = and(ofUser(person.id), isNull(secondFactors.confirmedAt), isRecent);
      const [pending] = await identity.select({ secret: secondFactors.secret }).from(secondFactors).where(isPending);
      if (!pending) throw isOff();
      const codes = newRecoveryCodes();
      const confirm = async () => {
        const secret = await encryption.decrypt(pending.secret);
        const step = secret === undefined ? undefined : await stepOf(secret, plainCode(typed));
        if (step === undefined) return false;
        const confirmed = { confirmedAt: sql`now()`, lastStep: step, recoveryCodes: codes.map((code) => recoveryHash(person.id, code)) };
        const turnedOn = await identity
          .update(secondFactors)
          .set(confirmed)
          .where(and(isPending, eq(secondFactors.secret, pending.secret)))
          .returning({ userId: secondFactors.userId });
        return turnedOn.length > 0;
      };
      if (!(await guard.tryCode(person, true, confirm))) throw wrong();
      return codes;
    },
    renewRecoveryCodes: async (userId) => {
      const codes = newRecoveryCodes();
      const hashes = codes.map((each) => recoveryHash(userId, each));
      const renewed = await identity
        .update(secondFactors)
        .set({ recoveryCodes: hashes })
        .where(and(ofUser(userId), isConfirmed))
        .returning({ userId: secondFactors.userId });
      if (renewed.length === 0) throw isOff();
      return codes;
    },
    turnOff: async (userId) => {
      const removed = await identity
        .delete(secondFactors)
        .where(and(ofUser(userId), isConfirmed))
        .returning({ userId: secondFactors.userId });
      if (removed.length === 0) throw isOff();
    },
    encryptAnew: async (signal) => {
      try {
        let last = '00000000-0000-0000-0000-000000000000';
        while (!signal.aborted) {
          const columns = { userId: secondFactors.userId, secret: secondFactors.secret };
          const query = identity.select(columns).from(secondFactors).orderBy(asc(secondFactors.userId)).limit(ROWS_PER_STEP);
          const rows = await query.where(and(gt(secondFactors.userId, last), ne(secondFactors.keyId, encryption.keyId)));
          for (const { userId, secret } of rows) {
            const text = await encryption.decrypt(secret);
            if (text === undefined) continue;
            const renewed = { secret: await encryption.encrypt(text), keyId: encryption.keyId };
            await identity
              .update(secondFactors)
              .set(renewed)
              .where(and(ofUser(userId), eq(secondFactors.secret, secret)));
          }
          const end = rows.at(-1);
          if (!end || rows.length < ROWS_PER_STEP) return;
          last = end.userId;
        }
      } catch (error) {
        log(`Second factors were not encrypted with the current secret; the next start tries again:${kindOf(error)}`);
      }
    },
  };
}
