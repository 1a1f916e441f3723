import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { withConnection } from '../migrate/migrate.ts';
import { createFolder } from '../testing/backups.ts';
import { addOwner, createTestDatabase, inspect, type TestDatabase } from '../testing/database.ts';
import { backupName, listBackups } from './folder.ts';
import { backupElsewhere, dueIn, type ScheduleOptions, scheduleBackups } from './schedule.ts';
import { takeBackup } from './take.ts';

const HOUR_MS = 3_600_000;
let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
  await addOwner(own, 1);
});
afterAll(() => own[Symbol.asyncDispose]());

it('the next backup is due when the newest is old enough, whenever the program was started', () => {
  const now = Date.UTC(2026, 10, 23);
  const ago = (hours: number) => dueIn(new Date(now - hours * HOUR_MS), 24, now) / HOUR_MS;
  expect([dueIn(undefined, 24, now), ago(0), ago(23), ago(24), ago(1000), ago(-5)]).toEqual([0, 24, 1, 0, 0, 24]);
});

/** A schedule for a folder, with its log and the number of its runs. */
function start(folder: string, run: (stopping: AbortSignal) => Promise<unknown>, times: Partial<ScheduleOptions> = {}) {
  const logged: string[] = [];
  const seen = { runs: 0, logged };
  const schedule = scheduleBackups({
    folder,
    everyHours: 24,
    firstLookMs: 0,
    log: (message) => seen.logged.push(message),
    run: async (stopping) => {
      seen.runs += 1;
      await run(stopping);
    },
    ...times,
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

describe('after a failure it goes on:', () => {
  /** Runs the program of scheduled backups, which reads the environment of this process. */
  const elsewhere =
    (folder: string, keep = '7d') =>
    (stopping: AbortSignal) =>
      backupElsewhere({ folder, keep }, stopping);
  type Run = (stopping: AbortSignal) => Promise<unknown>;
  const firstly = (first: Run, then: Run): Run => {
    const runs = [first];
    return (stopping) => (runs.pop() ?? then)(stopping);
  };
  const WITHIN = { timeout: 30_000 };
  beforeAll(() => {
    vi.stubEnv('DATABASE_URL', own.appUrl);
    vi.stubEnv('DATABASE_MIGRATION_URL', own.ownerUrl);
  });
  afterAll(() => vi.unstubAllEnvs());

  it.each<[string, string, (folder: string) => () => void]>([
    [
      'the folder is a file',
      'ENOTDIR',
      (folder) => {
        rmSync(folder, { recursive: true });
        writeFileSync(folder, '');
        return () => rmSync(folder);
      },
    ],
    [
      'the rest of a killed backup cannot be removed',
      'EISDIR',
      (folder) => {
        const rest = join(folder, `${backupName(new Date(0), false)}.partial-99999999`);
        mkdirSync(rest);
        return () => rmSync(rest, { recursive: true });
      },
    ],
  ])('%s', async (_, code, harm) => {
    using folder = createFolder();
    const heal = harm(folder.path);
    await using schedule = start(folder.path, elsewhere(folder.path), { pauseMs: 20 });
    await expect.poll(() => schedule.seen.logged.length, WITHIN).toBeGreaterThan(1);
    for (const line of schedule.seen.logged) expect(line).toMatch(new RegExp(`^The backup has failed and is tried again in an hour: .*${code}.*$`));
    heal();
    await expect.poll(() => listBackups(folder.path), WITHIN).toHaveLength(1);
  });

  it('the process cannot be started', async () => {
    using folder = createFolder();
    const tooLong = elsewhere(folder.path, 'x'.repeat(200_000));
    await using schedule = start(folder.path, firstly(tooLong, elsewhere(folder.path)), { pauseMs: 20 });
    await expect.poll(() => listBackups(folder.path), WITHIN).toHaveLength(1);
    expect(schedule.seen.logged).toEqual([expect.stringContaining('E2BIG')]);
  });

  it('the folder disappears while a backup is written, and comes back', async () => {
    using folder = createFolder();
    const path = folder.file('mounted');
    const remove = () => takeBackup(own.ownerUrl, { folder: path, report: () => rmSync(path, { recursive: true, force: true }) });
    await using schedule = start(path, firstly(remove, elsewhere(path)), { pauseMs: 20 });
    await expect.poll(() => listBackups(path), WITHIN).toHaveLength(1);
    expect(schedule.seen.logged).toEqual([expect.stringContaining('ENOENT')]);
  });

  it('a backup hangs', async () => {
    using folder = createFolder();
    const hang = async (stopping: AbortSignal) => {
      await once(stopping, 'abort');
      stopping.throwIfAborted();
    };
    await using schedule = start(folder.path, firstly(hang, elsewhere(folder.path)), { pauseMs: 20, runMaxMs: 5_000 });
    await expect.poll(() => listBackups(folder.path), WITHIN).toHaveLength(1);
    expect(schedule.seen.logged[0]).toBe('The backup has failed and is tried again in an hour: it took longer than a day');
  });

  it('the note about the outcome cannot be written: a backup that was taken is not repeated, and another failure is not hidden', async () => {
    using folder = createFolder();
    mkdirSync(folder.file('last-backup.json.new'));
    const nowhere = own.ownerUrl.replace(/[^/]+$/, 'nowhere');
    await expect(takeBackup(nowhere, { folder: folder.path })).rejects.not.toThrow('EISDIR');
    await using schedule = start(folder.path, elsewhere(folder.path), { pauseMs: 20 });
    await expect.poll(() => schedule.seen.logged, WITHIN).toEqual([expect.stringMatching(/last-backup.json cannot be used: EISDIR/)]);
    await delay(200);
    expect(schedule.seen.runs).toBe(1);
    expect(listBackups(folder.path)).toHaveLength(1);
  });
});

it('a backup that is stopped ends its process, also while that waits for the database', async () => {
  using folder = createFolder();
  vi.stubEnv('DATABASE_URL', own.appUrl);
  vi.stubEnv('DATABASE_MIGRATION_URL', own.ownerUrl);
  const sessions = () =>
    inspect(own.superuserUrl, `select wait_event_type from pg_stat_activity where datname = current_database() and usename = 'todo_owner'`);
  const stop = new AbortController();
  await withConnection(own.superuserUrl, async (connection) => {
    await connection.send([{ text: 'begin; lock table drizzle.__drizzle_migrations' }]);
    const taken = backupElsewhere({ folder: folder.path, keep: '7d' }, stop.signal);
    await expect.poll(sessions, { timeout: 30_000 }).toEqual([{ wait_event_type: 'Lock' }]);
    stop.abort();
    await expect(taken).rejects.toThrow('aborted');
    await expect.poll(sessions, { timeout: 30_000 }).toEqual([]);
  });
  vi.unstubAllEnvs();
});
