import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from './connection.ts';
import { DatabaseFailure, SessionEnded } from './failure.ts';

const hasEnded = (error: unknown) => error instanceof DatabaseFailure && error.cause instanceof SessionEnded;

/** Pauses after a failure to open a connection, in ms; the pause doubles with each further failure and is spread by half. */
const [FIRST_PAUSE, LAST_PAUSE] = [50, 1_000];

/** So many failures in a row are no accident. */
const MANY = 2;

/**
 * Opens connections. After two failures in a row it makes one attempt at a time, with growing pauses between them, and fails everybody else at once, so that a server that
 * refuses or closes connections is left in peace, and nobody waits for one that is silent.
 */
export class Opener {
  /** Attempts since the start, by their outcome. */
  readonly counts = { opened: 0, failed: 0 };
  readonly #open: () => Promise<Connection>;
  #failure: unknown;
  #failures = 0;
  #isTrying = false;
  /** Before this time, by performance.now(), no attempt is made. */
  #notBefore = 0;

  constructor(open: () => Promise<Connection>) {
    this.#open = open;
  }

  /** Throws the failure of the last attempt; while `canWait`, tries again instead. */
  async open(canWait: () => boolean): Promise<Connection> {
    for (;;) {
      try {
        return await this.#attempt();
      } catch (error) {
        if (!canWait()) throw error;
        await delay(Math.max(FIRST_PAUSE, this.#notBefore - performance.now()));
      }
    }
  }

  async #attempt(): Promise<Connection> {
    const isProbe = this.#failures >= MANY;
    if (isProbe && (this.#isTrying || performance.now() < this.#notBefore)) throw this.#failure;
    this.#isTrying ||= isProbe;
    try {
      const connection = await this.#open();
      this.counts.opened += 1;
      this.#failures = 0;
      return connection;
    } catch (error) {
      this.counts.failed += 1;
      this.#failure = error;
      // Attempts that began before the server was known to fail are not repeated failures.
      if (!hasEnded(error) && (isProbe || this.#failures < MANY)) this.#failures += 1;
      const doublings = Math.max(0, this.#failures - MANY);
      this.#notBefore = performance.now() + Math.min(LAST_PAUSE, FIRST_PAUSE * 2 ** doublings) * (0.5 + Math.random() / 2);
      throw error;
    } finally {
      if (isProbe) this.#isTrying = false;
    }
  }
}
