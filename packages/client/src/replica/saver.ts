import { TodoError } from '../transport/error.ts';
import type { Entry, ReplicaStorage, SavedEntries } from './storage.ts';

/** Writes in order. After a write that failed it writes no more, so that what is saved stays whole, if older. */
export interface Saver {
  /** Whether it writes no more. */
  readonly isBroken: boolean;
  /** Throws STORE_FAILED. */
  read(): Promise<Entry[]>;
  write(entries: readonly Entry[]): Promise<void>;
  /** Resolves when everything is written, or nothing can be. */
  drained(): Promise<void>;
  close(forget: boolean): Promise<void>;
}

const failed = (cause: unknown) => new TodoError('STORE_FAILED', 'The storage of the replica failed. Changes are kept in memory only.', { cause });

export function createSaver(storage: ReplicaStorage, name: string): Saver {
  const opened = storage.open(name);
  opened.catch(() => {});
  let last: Promise<unknown> = opened;
  let isBroken = false;
  const broken = (cause: unknown) => {
    isBroken = true;
    throw cause instanceof TodoError ? cause : failed(cause);
  };
  const after = <Result>(work: (saved: SavedEntries) => Promise<Result> | Result): Promise<Result> => {
    const result = last.then(async () => work(await opened)).catch(broken);
    last = result;
    result.catch(() => {});
    return result;
  };
  return {
    get isBroken() {
      return isBroken;
    },
    read: () => after((saved) => saved.read()),
    write: (entries) => (entries.length === 0 ? Promise.resolve() : after((saved) => saved.write(entries))),
    drained: async () => {
      await last.catch(() => {});
    },
    close: async (forget) => {
      const saved = await opened;
      await last.catch(() => {});
      await (forget ? saved.remove() : saved.close());
    },
  };
}
