import { createTodoClient } from '../index.ts';
import { createReplica, indexedDbStorage } from '../replica.ts';
import type { Report } from './journal.ts';
import { changeAtRandom } from './random-change.ts';

declare const location: { origin: string };
/** The test's own, in every page. */
declare const report: (report: Report) => Promise<void>;

const tell = (told: Report) => void report(told).catch(() => {});

const todo = createTodoClient({ url: location.origin, session: 'cookie' });
const replica = createReplica(todo, { storage: indexedDbStorage() });
replica.onNotice((notice) => {
  if (notice.kind === 'refused') tell({ kind: 'refused', mutationId: notice.mutationId, reason: notice.error.reason });
  else tell({ kind: 'lost', id: notice.id, mine: notice.mine });
});

/** Makes a random change, and reports what becomes of it. Returns whether it did. */
function change(marker: string): boolean {
  const made = changeAtRandom(replica, marker);
  if (!made) return false;
  const { mutationId, userId, path, queued, done } = made;
  tell({ kind: 'made', mutationId, userId, path, marker });
  queued.then(
    () => tell({ kind: 'queued', mutationId }),
    () => {},
  );
  done.then(
    () => tell({ kind: 'done', mutationId }),
    () => {},
  );
  return true;
}

const app = { todo, replica, change };
export type DrillApp = typeof app;

Object.assign(globalThis, { app });
