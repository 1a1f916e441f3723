import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createFolder } from '../testing/backups.ts';
import { createTestDatabase, type TestDatabase } from '../testing/database.ts';
import { backupName, listBackups } from './folder.ts';
import { dueIn, scheduleBackups } from './schedule.ts';
import { takeBackup } from './take.ts';

const HOUR_MS = 3_600_000;
let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own[Symbol.asyncDispose]());

it('the next backup is due when the newest is old enough, whenever the program was started', () => {
  const now = Date.UTC(2026, 10, 23);
  const ago = (hours: number) => dueIn(new Date(now - hours * HOUR_MS), 24, now) / HOUR_MS;
  expect([dueIn(undefined, 24, now), ago(0), ago(23), ago(24), ago(1000), ago(-5)]).toEqual([0, 24, 1, 0, 0, 24]);
});

/** A schedule for a folder, with its log and the number of its runs. */
function start(folder: string, run: () => Promise<unknown>) {
  const seen = { runs: 0, logged: [] as string[] };
  const schedule = scheduleBackups({
    folder,
    everyHours: 24,
    firstLookMs: 0,
    log: (message) => seen.logged.push(message),
    run: async () => {
      seen.runs += 1;
      await run();
    },
  });
  return { ...schedule, seen };
}

it('takes a backup at once where there is none, and no other one while that is new', async () => {
  using folder = createFolder();
  const take = () => takeBackup(own.ownerUrl, { folder: folder.path });
  {
    await using first = start(folder.path, take);
    await expect.poll(() => listBackups(folder.path)).toHaveLength(1);
    expect(first.seen).toEqual({ runs: 1, logged: [] });
  }
  const looked = Promise.withResolvers<void>();
  await using second = start(folder.path, take);
  setTimeout(looked.resolve, 200);
  await looked.promise;
  expect(second.seen.runs).toBe(0);
});

it('takes one at once where the newest is too old', async () => {
  using folder = createFolder();
  writeFileSync(folder.file(backupName(new Date(Date.now() - 25 * HOUR_MS), false)), '');
  await using _ = start(folder.path, () => takeBackup(own.ownerUrl, { folder: folder.path }));
  await expect.poll(() => listBackups(folder.path)).toHaveLength(2);
});

it('says in one line that a backup has failed, and waits before the next try', async () => {
  using folder = createFolder();
  await using schedule = start(folder.path, () => Promise.reject(new Error('no room')));
  await expect.poll(() => schedule.seen).toEqual({ runs: 1, logged: ['The backup has failed and is tried again in an hour: no room'] });
});
