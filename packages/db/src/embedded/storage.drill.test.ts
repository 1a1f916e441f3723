import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findFailure } from '../connection/failure.ts';
import { type Database, openDatabase } from '../database.ts';
import { applyMigrations } from '../migrate/migrate.ts';
import { newTasks } from '../schema/tasks.ts';
import { owners, tasks } from '../schema.ts';
import { addOwner, inspect, startOwnPostgres, testBinDir } from '../testing/database.ts';
import { canMount, fill, mountDisk } from '../testing/disk.ts';
import type { UserId } from '../user-id.ts';
import { startEmbedded } from './embedded.ts';

const MEGABYTE = 1_048_576;

const create = async (database: Database, userId: UserId, id = randomUUID()) =>
  database
    .as(userId)
    .builder()
    .insert(newTasks)
    .values({ userId, id, title: 'Written', description: randomUUID().repeat(200) });
const reasonOf = (error: unknown) => findFailure(error)?.reason ?? error;

/** Creates tasks until that fails, and returns the reason. Adds acknowledged tasks to `acknowledged`. */
async function createUntilFailure(database: Database, user: UserId, acknowledged: Set<string>): Promise<unknown> {
  for (;;) {
    const id = randomUUID();
    const failure = await create(database, user, id).then(() => undefined, reasonOf);
    if (failure) return failure;
    acknowledged.add(id);
  }
}

async function expectExactly(database: Database, user: UserId, acknowledged: Set<string>): Promise<void> {
  const rows = await database.as(user).builder().select({ id: tasks.id }).from(tasks);
  expect(new Set(rows.map(({ id }) => id))).toEqual(acknowledged);
  expect(await database.as(user).builder().select({ open: owners.open }).from(owners)).toEqual([{ open: acknowledged.size }]);
}

describe.runIf(canMount())('a disk that is full (needs root, to mount one)', () => {
  it('under the tasks: writing fails as STORAGE_FULL and stores nothing, reading goes on, and with room writing does too', async () => {
    using disk = mountDisk(16);
    await using server = await startOwnPostgres();
    await applyMigrations(server.ownerUrl, server.appUrl);
    const superuserUrl = server.superuserUrl.replace(/postgres$/, 'todo');
    await inspect(superuserUrl, `create tablespace small location '${disk.path}'`);
    await inspect(superuserUrl, 'alter table tasks set tablespace small');
    const user = await addOwner({ ...server, superuserUrl });
    const database = openDatabase(server.appUrl);
    onTestFinished(() => database.close());

    const acknowledged = new Set<string>();
    const filler = fill(disk.path, MEGABYTE);
    for (let i = 0; i < 5; i += 1) expect(await createUntilFailure(database, user, acknowledged)).toBe('STORAGE_FULL');
    expect(acknowledged.size).toBeGreaterThan(0);
    await expectExactly(database, user, acknowledged);

    rmSync(filler);
    const id = randomUUID();
    await create(database, user, id);
    await expectExactly(database, user, acknowledged.add(id));
    await database.close();
    await inspect(superuserUrl, 'alter table tasks set tablespace pg_default');
    await inspect(superuserUrl, 'drop tablespace small');
  });

  it('under all of an embedded server: writing fails, PostgreSQL may stop, nothing acknowledged is lost, and with room it serves again by itself', async () => {
    using disk = mountDisk(224);
    const server = await startEmbedded({ dataDir: join(disk.path, 'data'), binDir: testBinDir() });
    try {
      await applyMigrations(server.ownerUrl, server.appUrl);
      const user = await addOwner({ ...server, superuserUrl: server.superuserUrl.replace(/postgres$/, 'todo') });
      const database = openDatabase(server.appUrl);
      onTestFinished(() => database.close());

      // The tables must run out of space before the WAL file is full, so a new one begins.
      await inspect(server.superuserUrl, 'select pg_switch_wal()');
      await inspect(server.superuserUrl, `select pg_logical_emit_message(true, '', '')`);
      const acknowledged = new Set<string>();
      const filler = fill(disk.path, 2 * MEGABYTE);
      expect(await createUntilFailure(database, user, acknowledged)).toBe('STORAGE_FULL');
      expect(await database.as(user).builder().$count(tasks)).toBe(acknowledged.size);

      // PostgreSQL shuts down when there is no space for the next WAL file.
      const nextLogFile = () => inspect(server.superuserUrl, `select pg_switch_wal() from (select pg_logical_emit_message(false, '', '')) message`);
      await expect.poll(() => nextLogFile().then(() => 'goes on', reasonOf)).toBe('DATABASE_UNAVAILABLE');
      expect(['DATABASE_UNAVAILABLE', 'STORAGE_FULL']).toContain(await createUntilFailure(database, user, acknowledged));

      rmSync(filler);
      await expect.poll(() => create(database, user).then(() => 'stored', reasonOf), { interval: 200 }).toBe('stored');
      const rows = await database.as(user).builder().select({ id: tasks.id }).from(tasks);
      const stored = new Set(rows.map(({ id }) => id));
      expect([...acknowledged].filter((id) => !stored.has(id))).toEqual([]);
    } finally {
      await server.stop();
    }
  });
});
