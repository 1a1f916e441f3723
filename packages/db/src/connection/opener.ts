import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from './connection.ts';

/** Pauses after a failure to open a connection, in ms; the pause doubles with each further failure and is spread by half. */
const [FIRST_PAUSE, LAST_PAUSE] = [50, 1_000];

/**
 * Opens connections. After a failure it makes one attempt at a time, with growing pauses between them, and fails everybody else at once, so that a server that
 * refuses or closes connections is left in peace, and nobody waits for one that is silent.
 */
export class Opener {
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
    const isProbe = this.#failures > 0;
    if (isProbe && (this.#isTrying || performance.now() < this.#notBefore)) throw this.#failure;
    this.#isTrying ||= isProbe;
    try {
      const connection = await this.#open();
      this.#failures = 0;
      return connection;
    } catch (error) {
      // Attempts that began before the first failure count as that one.
      if (!isProbe && this.#failures > 0) throw error;
      this.#failure = error;
      this.#failures += 1;
      this.#notBefore = performance.now() + Math.min(LAST_PAUSE, FIRST_PAUSE * 2 ** (this.#failures - 1)) * (0.5 + Math.random() / 2);
      throw error;
    } finally {
      if (isProbe) this.#isTrying = false;
    }
  }
}
