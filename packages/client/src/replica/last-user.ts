import { createSaver } from './saver.ts';
import type { ReplicaStorage } from './storage.ts';

/** Remembers whose data a replica of this server last showed, so that the next one can show them before the server answers. */
export interface LastUser {
  get(): Promise<string | null>;
  set(userId: string | null): void;
}

const KEY = 'user';

export function createLastUser(storage: ReplicaStorage, url: string): LastUser {
  const saver = createSaver(storage, `todo ${url}`);
  let known: string | null | undefined;
  return {
    get: async () => {
      const entries = await saver.read().catch(() => []);
      const saved = entries.find(([key]) => key === KEY)?.[1];
      return typeof saved === 'string' ? saved : null;
    },
    set: (userId) => {
      if (userId === known) return;
      known = userId;
      saver.write([[KEY, userId ?? undefined]]).catch(() => {});
    },
  };
}
