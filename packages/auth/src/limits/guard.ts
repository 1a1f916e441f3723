import { AsyncLocalStorage } from 'node:async_hooks';
import type { AuthEventName } from '@todo/contract';
import { DatabaseFailure } from '@todo/db';
import { type SQL, sql } from 'drizzle-orm';
import { PASSWORD } from '../last-way.ts';
import { hasLength } from '../passwords/rule.ts';
import type { PasswordHashing } from '../passwords/scrypt.ts';
import type { Use } from '../routes.ts';
import { type Place, placeOf } from '../security-events/place.ts';
import type { Guarded } from './guarded.ts';
import type { PasswordQueue } from './passwords.ts';
import type { RateLimits } from './rate-limits.ts';
import type { Origin, Rates } from './rates.ts';

export interface GuardDeps {
  limits: RateLimits;
  rates: Rates;
  queue: PasswordQueue;
  hashing: PasswordHashing;
  /** Stores a stronger hash of the password that somebody has signed in with. Returns what is known of it then. */
  rehash(change: { email: string; before: string; password: string }): Promise<string>;
}

export interface Guard {
  /** Throws RateLimited, and the errors that `work` hides. No password is hashed after `signal` has aborted. */
  run<Result>(origin: Omit<Origin, 'email'>, signal: AbortSignal, work: (request: Readonly<Guarded>) => Promise<Result>): Promise<Result>;
  password: PasswordHashing;
  beginSignUp(input: { email: string; password: string }): void;
  /** Counts a sign-up from this address. Throws RateLimited. */
  countSignUp(): Promise<void>;
  /** Throws RateLimited if such attempts were refused just now. */
  beginSignIn(email: string): void;
  /** Hashes the password of a sign-up, and returns its address. Better Auth would do so within its transaction, which holds a connection. */
  prepareTransaction(): Promise<string | undefined>;
  /** The rest of this request takes long and hashes no password. */
  leaveQueue(): void;
  /** True while a request is answered. */
  isRunning(): boolean;
  hide(failures: Error[]): void;
  bringCode(code: string | undefined): void;
  code(): string | undefined;
  bringVerification(token: string | undefined): void;
  verification(): string | undefined;
  bringInvitation(token: string | undefined): void;
  invitation(): string | undefined;
  isExemptFromCode(): boolean;
  /** What the request signs in with works once. `useUp` is called when nothing else is missing, and throws if another request was faster. */
  bringProof(useUp: () => Promise<void>): void;
  /** What a session of this request rests on, see Guarded. */
  restOn(condition: SQL): void;
  useProof(): Promise<void>;
  awaitCode(): void;
  /** Checks a code of a user, and counts it if it is wrong. Throws RateLimited. */
  tryCode(user: { id: string; email: string }, isOfApp: boolean, check: () => Promise<boolean>): Promise<boolean>;
  /** Notes the user whom the request concerns, or what else it does for whom. */
  note(userId: string, details?: { email?: string; event?: AuthEventName }): void;
  /** Notes that the request has signed the user in. */
  noteSession(session: { id: string; userId: string }): void;
  /** Where the current request comes from. */
  origin(): Readonly<Origin>;
  place(): Place;
  noteEvent(name: AuthEventName): void;
}

/** What hashes no password, and so waits for none. */
const withoutPassword: readonly Use[] = ['session', 'mail', 'provider', 'link'];

export function createGuard({ limits, rates, queue, hashing, rehash }: GuardDeps): Guard {
  const requests = new AsyncLocalStorage<Guarded>();
  const current = () => {
    const request = requests.getStore();
    if (!request) throw new Error('Better Auth is used outside of a request.');
    return request;
  };

  const inTurn = <Result>(request: Guarded, work: () => Promise<Result>) =>
    queue.run(async () => {
      if (!request.signal.aborted) return work();
      const failure = new DatabaseFailure('ABORTED', request.signal.reason);
      request.hiddenFailures.push(failure);
      throw failure;
    });

  /** Counts an attempt before it is made, so that those made at the same time count too. */
  const attempt = (request: Guarded, check: () => Promise<boolean>, stored?: string) =>
    inTurn(request, async () => {
      const { always, ifWrong } = rates.ofAttempt(request, stored);
      await limits.take([...always, ...ifWrong]);
      const isRight = await check();
      if (isRight) await limits.giveBack(ifWrong);
      return isRight;
    });

  return {
    run: async (origin, signal, work) => {
      using place = withoutPassword.includes(origin.use) ? undefined : queue.enter();
      const request: Guarded = { ...origin, signal, email: '', place, hiddenFailures: [], occurred: [] };
      const claims = rates.ofRequest(request);
      if (claims.length > 0) await limits.take(claims);
      const result = await requests.run(request, () => work(request));
      if (request.hiddenFailures[0]) throw request.hiddenFailures[0];
      return result;
    },
    password: {
      hash: async (password) => {
        const request = current();
        if (request.newHash !== undefined) return request.newHash;
        if (request.use !== 'sign-in') return inTurn(request, () => hashing.hash(password));
        // Nobody has this e-mail address. The attempt takes as long as one for an account, and counts the same.
        await attempt(request, async () => {
          await hashing.hash(password);
          return false;
        });
        return '';
      },
      verify: ({ hash, password }) => {
        const request = current();
        return attempt(
          request,
          async () => {
            const isRight = await hashing.verify({ hash, password });
            if (isRight && request.use === 'sign-in') {
              // In the turn that this request has already, and not after the answer, so that no password is kept longer than its request.
              const known = hashing.isWeak?.(hash) ? await rehash({ email: request.email, before: hash, password }) : hash;
              request.restsOn = sql`exists (select from account where user_id = u.id and provider_id = ${PASSWORD} and password = ${known})`;
            }
            return isRight;
          },
          hash,
        );
      },
    },
    beginSignUp: ({ email, password }) => {
      const request = current();
      request.email = email.toLowerCase();
      if (hasLength(password)) request.newPassword = password;
    },
    beginSignIn: (email) => {
      const request = current();
      request.email = email.toLowerCase();
      const { always, ifWrong } = rates.ofAttempt(request);
      limits.recall([...always, ...ifWrong]);
    },
    countSignUp: () => limits.take(rates.ofSignUp(current())),
    prepareTransaction: async () => {
      const request = requests.getStore();
      const { newPassword } = request ?? {};
      if (!request || newPassword === undefined) return undefined;
      request.newHash = await inTurn(request, async () => {
        await limits.take(rates.ofSignUp(request));
        return hashing.hash(newPassword);
      });
      return request.email;
    },
    leaveQueue: () => current().place?.[Symbol.dispose](),
    isRunning: () => requests.getStore() !== undefined,
    note: (userId, details) => {
      const request = requests.getStore();
      if (request) Object.assign(request, { userId }, details);
    },
    bringCode: (code) => {
      current().code = code;
    },
    code: () => current().code,
    bringVerification: (token) => {
      current().verification = token;
    },
    verification: () => current().verification,
    bringInvitation: (token) => {
      current().invitation = token;
    },
    invitation: () => current().invitation,
    isExemptFromCode: () => current().isExemptFromCode,
    bringProof: (useUp) => {
      current().useUp = useUp;
    },
    restOn: (restsOn) => void Object.assign(current(), { restsOn }),
    useProof: async () => current().useUp?.(),
    awaitCode: () => {
      current().awaitsCode = true;
    },
    tryCode: async (user, isOfApp, check) => {
      const ifWrong = rates.ofCode(current(), user, isOfApp);
      await limits.take(ifWrong);
      const isRight = await check();
      if (isRight) await limits.giveBack(ifWrong);
      return isRight;
    },
    noteSession: ({ id, userId }) => {
      const request = requests.getStore();
      if (request) Object.assign(request, { userId, newSession: id });
    },
    origin: current,
    place: () => placeOf(current()),
    noteEvent: (name) => {
      current().occurred.push(name);
    },
    hide: (failures) => requests.getStore()?.hiddenFailures.push(...failures),
  };
}
