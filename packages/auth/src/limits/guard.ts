import { AsyncLocalStorage } from 'node:async_hooks';
import { PASSWORD_MAX_CHARACTERS, PASSWORD_MIN_CHARACTERS } from '@todo/contract';
import { DatabaseFailure } from '@todo/db';
import type { PasswordHashing, PasswordQueue } from './passwords.ts';
import type { RateLimits } from './rate-limits.ts';
import type { Origin, Rates } from './rates.ts';

/** A request that Better Auth is answering. */
interface Guarded extends Origin {
  signal: AbortSignal;
  place: Disposable | undefined;
  /** The password of a sign-up, and its hash. */
  newPassword?: string;
  newHash?: string;
  /** Errors that Better Auth would report as something else. */
  hiddenFailures: Error[];
  /** The user who was signed in or out. */
  userId?: string;
}

export interface GuardDeps {
  limits: RateLimits;
  rates: Rates;
  queue: PasswordQueue;
  hashing: PasswordHashing;
}

export interface Guard {
  /** Throws RateLimited, and the errors that `work` hides. No password is hashed after `signal` has aborted. */
  run<Result>(origin: Omit<Origin, 'email'>, signal: AbortSignal, work: (request: Readonly<Guarded>) => Promise<Result>): Promise<Result>;
  password: PasswordHashing;
  beginSignUp(input: { email: string; password: string }): void;
  /** Throws RateLimited if such attempts were refused just now. */
  beginSignIn(email: string): void;
  /** Hashes the password of a sign-up. Better Auth would do so within its transaction, which holds a connection. */
  prepareTransaction(): Promise<void>;
  /** The rest of this request takes long and hashes no password. */
  leaveQueue(): void;
  /** True while a request is answered. */
  isRunning(): boolean;
  hide(failures: Error[]): void;
  /** Notes the user whom the request signs in or out. */
  note(userId: string): void;
}

const hasLength = (password: string) => password.length >= PASSWORD_MIN_CHARACTERS && password.length <= PASSWORD_MAX_CHARACTERS;

export function createGuard({ limits, rates, queue, hashing }: GuardDeps): Guard {
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
      using place = origin.use === 'session' ? undefined : queue.enter();
      const request: Guarded = { ...origin, signal, email: '', place, hiddenFailures: [] };
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
      verify: ({ hash, password }) => attempt(current(), () => hashing.verify({ hash, password }), hash),
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
    prepareTransaction: async () => {
      const request = requests.getStore();
      const { newPassword } = request ?? {};
      if (!request || newPassword === undefined) return;
      request.newHash = await inTurn(request, async () => {
        await limits.take(rates.ofSignUp(request));
        return hashing.hash(newPassword);
      });
    },
    leaveQueue: () => current().place?.[Symbol.dispose](),
    isRunning: () => requests.getStore() !== undefined,
    note: (userId) => {
      const request = requests.getStore();
      if (request) request.userId = userId;
    },
    hide: (failures) => requests.getStore()?.hiddenFailures.push(...failures),
  };
}
