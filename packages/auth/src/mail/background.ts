import { RateLimited } from '../limits/rate-limited.ts';

const RETRY_SECONDS = 5;

/** What goes on after a response, one piece of work at a time. */
export interface Background {
  /** Returns false, and does nothing, if too much waits. */
  run(work: () => Promise<unknown>): boolean;
  /** As `run`, for what somebody asks for: throws RateLimited if too much waits. */
  admit(work: () => Promise<unknown>): void;
  /** Waits for what has been accepted. */
  settle(): Promise<void>;
}

export function createBackground(waitingMax: number, fail: (error: unknown) => void): Background {
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();
  const run = (work: () => Promise<unknown>) => {
    if (waiting >= waitingMax) return false;
    waiting += 1;
    last = last
      .then(work)
      .catch(fail)
      .finally(() => {
        waiting -= 1;
      });
    return true;
  };
  return {
    run,
    admit: (work) => {
      if (!run(work)) throw new RateLimited(RETRY_SECONDS);
    },
    settle: async () => {
      await last;
    },
  };
}
