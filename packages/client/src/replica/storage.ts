import type { Sharing } from './sharing.ts';

/** A key and its value, which structured clone can copy; undefined for none. */
export type Entry = [key: string, value: unknown];

/** What is saved under one name. */
export interface SavedEntries {
  read(): Promise<Entry[]>;
  /** Writes all of these or none. */
  write(entries: readonly Entry[]): Promise<void>;
  close(): void;
  /** Deletes everything under this name, and closes it. */
  remove(): Promise<void>;
}

/** Where a replica keeps its data and its outbox, for each server and user under another name. */
export interface ReplicaStorage {
  open(name: string): Promise<SavedEntries>;
  /** For a storage that several replicas use at a time: one of them reads the stream, sends the changes and tells the others. */
  sharing?: Sharing | undefined;
}

/** Keeps everything in memory, for as long as the object lives. */
export function memoryStorage(): ReplicaStorage {
  const all = new Map<string, Map<string, unknown>>();
  return {
    open: async (name) => {
      const entries = all.get(name) ?? new Map<string, unknown>();
      all.set(name, entries);
      return {
        read: async () => [...entries],
        write: async (changed) => {
          for (const [key, value] of changed) {
            if (value === undefined) entries.delete(key);
            else entries.set(key, value);
          }
        },
        close: () => {},
        remove: async () => {
          all.delete(name);
        },
      };
    },
  };
}
