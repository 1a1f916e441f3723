export interface Listeners<Value> {
  /** Returns a function that takes the listener away. */
  add(listener: (value: Value) => void): () => void;
  /** Calls all listeners soon, each by itself, so that an error in one ends nothing else. Without a value several calls become one. */
  notify(value: Value): void;
  clear(): void;
}

export function createListeners<Value>(): Listeners<Value> {
  const listeners = new Set<(value: Value) => void>();
  let isDue = false;

  const call = (value: Value) => {
    isDue = false;
    for (const listener of listeners) queueMicrotask(() => listeners.has(listener) && listener(value));
  };
  return {
    add: (listener) => {
      const own = (value: Value) => listener(value);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    notify: (value) => {
      if (listeners.size === 0) return;
      if (value !== undefined) return call(value);
      if (!isDue) queueMicrotask(() => call(value));
      isDue = true;
    },
    clear: () => listeners.clear(),
  };
}
