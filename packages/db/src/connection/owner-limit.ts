import { DatabaseFailure } from './failure.ts';

/** How many calls of one owner may wait. A batch of calls waits here too. */
const QUEUE_MAX_PER_OWNER = 250;

interface Owner {
  running: number;
  /** Each starts the next waiting call, in order. */
  waiting: Set<() => void>;
}

/** Limits how many calls of one owner run at a time. The others wait in order; too many, or too long a wait, fail with OWNER_BUSY. */
export class OwnerLimit {
  readonly #max: number;
  readonly #owners = new Map<string, Owner>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Resolves when the call may run, within `timeout` ms. Every acquired slot must be released. */
  async acquire(name: string, timeout: number, signal?: AbortSignal): Promise<void> {
    const owner = this.#owners.get(name);
    if (!owner) {
      this.#owners.set(name, { running: 1, waiting: new Set() });
    } else if (owner.running < this.#max) {
      owner.running += 1;
    } else {
      await this.#wait(owner, timeout, signal);
    }
  }

  /** A released slot passes to the next waiting call. */
  release(name: string): void {
    const owner = this.#owners.get(name);
    if (!owner) return;
    const [next] = owner.waiting;
    if (next) next();
    else if (owner.running > 1) owner.running -= 1;
    else this.#owners.delete(name);
  }

  #wait({ waiting }: Owner, timeout: number, signal?: AbortSignal): Promise<void> {
    if (waiting.size >= QUEUE_MAX_PER_OWNER) throw new DatabaseFailure('OWNER_BUSY', new Error('too many calls of this owner'));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const end = (settle: () => void) => {
      waiting.delete(start);
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      settle();
    };
    const start = () => end(resolve);
    const abort = () => end(() => reject(new DatabaseFailure('ABORTED', signal?.reason)));
    const timer = setTimeout(() => end(() => reject(new DatabaseFailure('OWNER_BUSY', new Error('other calls of this owner take too long')))), timeout);
    waiting.add(start);
    signal?.addEventListener('abort', abort);
    return promise;
  }
}
