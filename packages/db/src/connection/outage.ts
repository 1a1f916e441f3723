import { type DatabaseFailure, type DatabaseReason, describeFailure } from './failure.ts';

interface Kind {
  begin: string;
  end: string;
  /** How long such a failure must be absent to be over, in ms. */
  quietFor: number;
}

const kinds: Partial<Record<DatabaseReason, Kind>> = {
  DATABASE_UNAVAILABLE: { begin: 'The database fails calls', end: 'The database fails no more calls', quietFor: 1_000 },
  // Noticed only when somebody writes.
  STORAGE_FULL: { begin: 'The database has no space, and stores nothing', end: 'The database has space again', quietFor: 10_000 },
};

/** Logs an outage of the database in two lines: its cause when it begins, and how many calls have failed when it is over. */
export class Outages {
  readonly #log: (message: string) => void;
  readonly #running = new Map<Kind, { failed: number; last: number }>();

  constructor(log: (message: string) => void) {
    this.#log = log;
  }

  failed(failure: DatabaseFailure): void {
    const kind = kinds[failure.reason];
    if (!kind) return;
    const running = this.#running.get(kind);
    if (!running) this.#log(`${kind.begin}: ${describeFailure(failure)}`);
    this.#running.set(kind, { failed: (running?.failed ?? 0) + 1, last: performance.now() });
  }

  succeeded(): void {
    if (this.#running.size === 0) return;
    for (const [kind, { failed, last }] of this.#running) {
      if (performance.now() - last < kind.quietFor) continue;
      this.#running.delete(kind);
      this.#log(`${kind.end}: ${failed} failed.`);
    }
  }
}
