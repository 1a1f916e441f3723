import { type DatabaseFailure, type DatabaseReason, describeFailure } from './failure.ts';

/** How long a kind of failure must be absent to be over, in ms. A full disk is noticed only when somebody writes. */
const quietFor: Partial<Record<DatabaseReason, number>> = { DATABASE_UNAVAILABLE: 1_000, STORAGE_FULL: 10_000 };

const texts: Partial<Record<DatabaseReason, [begin: string, end: string]>> = {
  DATABASE_UNAVAILABLE: ['The database fails calls', 'The database fails no more calls'],
  STORAGE_FULL: ['The database has no space, and stores nothing', 'The database has space again'],
};

/** Logs an outage of the database in two lines: its cause when it begins, and how many calls have failed when it is over. */
export class Outages {
  readonly #log: (message: string) => void;
  readonly #running = new Map<DatabaseReason, { failed: number; last: number }>();

  constructor(log: (message: string) => void) {
    this.#log = log;
  }

  failed(failure: DatabaseFailure): void {
    const running = this.#running.get(failure.reason);
    if (running) {
      running.failed += 1;
      running.last = performance.now();
    } else if (quietFor[failure.reason] !== undefined) {
      this.#running.set(failure.reason, { failed: 1, last: performance.now() });
      this.#log(`${texts[failure.reason]?.[0]}: ${describeFailure(failure)}`);
    }
  }

  succeeded(): void {
    if (this.#running.size === 0) return;
    for (const [reason, { failed, last }] of this.#running) {
      if (performance.now() - last < (quietFor[reason] ?? 0)) continue;
      this.#running.delete(reason);
      this.#log(`${texts[reason]?.[1]}: ${failed} failed.`);
    }
  }
}
