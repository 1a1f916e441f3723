import type { Change } from './change.ts';

/** Changes in the order of their keys. */
export class Queue {
  /** Kept in order: almost every new change is the last one. */
  #byKey = new Map<string, Change>();
  #all: readonly Change[] | undefined;
  /** Of all that have been in it. */
  #lastKey = '';

  /** The key of the last change that has been in it. */
  get lastKey(): string {
    return this.#lastKey;
  }

  get size(): number {
    return this.#byKey.size;
  }

  get(key: string): Change | undefined {
    return this.#byKey.get(key);
  }

  /** The same array until something changes. */
  all(): readonly Change[] {
    this.#all ??= [...this.#byKey.values()];
    return this.#all;
  }

  /** Returns whether the change is new, and the last one. */
  put(change: Change): boolean {
    const isNew = !this.#byKey.has(change.key);
    const isLast = isNew && this.#lastKey < change.key;
    this.#byKey.set(change.key, change);
    this.#all = undefined;
    if (isLast) this.#lastKey = change.key;
    else if (isNew) this.#byKey = new Map([...this.#byKey].sort(([a], [b]) => (a < b ? -1 : 1)));
    return isLast;
  }

  delete(key: string): void {
    this.#byKey.delete(key);
    this.#all = undefined;
  }

  clear(): void {
    this.#byKey.clear();
    this.#all = undefined;
    this.#lastKey = '';
  }
}
