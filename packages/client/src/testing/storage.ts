import type { ReplicaStorage } from '../replica.ts';

export interface TestStorage extends ReplicaStorage {
  /** What is saved, by name. */
  saved: Map<string, Map<string, unknown>>;
  /** What is saved of a user. */
  of(userId: string): Map<string, unknown>;
  /** Lets the next writes fail. */
  fail(): void;
}

/** A storage into which a test can look. It keeps JSON, as one on a disk would. */
export function testStorage(): TestStorage {
  const saved = new Map<string, Map<string, unknown>>();
  let isFailing = false;
  const entriesOf = (name: string) => {
    const entries = saved.get(name) ?? new Map<string, unknown>();
    saved.set(name, entries);
    return entries;
  };
  return {
    saved,
    of: (userId) => new Map([...saved].filter(([name]) => name.endsWith(` ${userId}`)).flatMap(([, entries]) => [...entries])),
    fail: () => {
      isFailing = true;
    },
    open: async (name) => {
      // After a removal the other replicas write into nothing.
      const entries = entriesOf(name);
      return {
        read: async () => [...entries].map(([key, value]) => [key, structuredClone(value)]),
        write: async (changed) => {
          if (isFailing) throw new Error('The disk is full.');
          const copy: [string, unknown][] = changed.map(([key, value]) => [key, value === undefined ? undefined : JSON.parse(JSON.stringify(value))]);
          for (const [key, value] of copy) {
            if (value === undefined) entries.delete(key);
            else entries.set(key, value);
          }
        },
        close: () => {},
        remove: async () => void saved.delete(name),
      };
    },
  };
}
