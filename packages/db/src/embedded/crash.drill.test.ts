import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { expect, inject, it, onTestFinished } from 'vitest';
import { findFailure } from '../connection/failure.ts';
import { openDatabase } from '../database.ts';
import { migrate } from '../migrate/assert-schema.ts';
import { newTasks } from '../schema/tasks.ts';
import { owners, tasks } from '../schema.ts';
import { addOwner, inspect } from '../testing/database.ts';
import { createTestFolder } from '../testing/folder.ts';
import type { UserId } from '../user-id.ts';
import type { EmbeddedPostgres } from './embedded.ts';

type Urls = Omit<EmbeddedPostgres, 'stop'>;

const WRITERS = 8;
const KILLS = inject('drills') === 'long' ? 3 : 1;

/** The product on an embedded server. */
async function openOn({ appUrl, ownerUrl, superuserUrl }: Urls) {
  await migrate(ownerUrl, appUrl);
  const database = openDatabase(appUrl, { max: WRITERS });
  onTestFinished(() => database.close());
  return { database, urls: { appUrl, ownerUrl, superuserUrl: superuserUrl.replace(/postgres$/, 'todo') } };
}

type Open = Awaited<ReturnType<typeof openOn>>['database'];

/** Creates tasks until that fails, and returns the failures. Adds the id of each acknowledged task to `acknowledged`. */
const writeUntilFailure = (database: Open, owner: UserId, acknowledged: Set<string>) =>
  Promise.all(
    Array.from({ length: WRITERS }, async () => {
      for (;;) {
        const id = randomUUID();
        const failure = await database
          .as(owner)
          .builder()
          .insert(newTasks)
          .values({ userId: owner, id, title: 'Written', description: '' })
          .then(
            () => undefined,
            (error: unknown) => findFailure(error)?.reason ?? error,
          );
        if (failure) return failure;
        acknowledged.add(id);
      }
    }),
  );

/** Fails unless every acknowledged task is stored after this number of kills, and the counts are right. */
async function expectAll(database: Open, owner: UserId, acknowledged: Set<string>, kills: number): Promise<void> {
  const rows = await database.as(owner).builder().select({ id: tasks.id }).from(tasks);
  const stored = new Set(rows.map(({ id }) => id));
  expect([...acknowledged].filter((id) => !stored.has(id))).toEqual([]);
  expect(stored.size - acknowledged.size).toBeLessThanOrEqual(kills * WRITERS); // stored but not acknowledged
  expect(await database.as(owner).builder().select({ open: owners.open }).from(owners)).toEqual([{ open: stored.size }]);
}

const unavailable = Array.from({ length: WRITERS }, () => 'DATABASE_UNAVAILABLE');

it('a PostgreSQL that is killed comes back under the running process, without loss, and the pool goes on', async () => {
  await using folder = createTestFolder();
  const { database, urls } = await openOn(await folder.start());
  const owner = await addOwner(urls);
  const acknowledged = new Set<string>();
  for (let round = 1; round <= KILLS; round += 1) {
    const before = acknowledged.size;
    const failures = writeUntilFailure(database, owner, acknowledged);
    await expect.poll(() => acknowledged.size).toBeGreaterThan(before + 200);
    const killed = folder.postmaster();
    process.kill(killed, 'SIGKILL');
    expect(await failures).toEqual(unavailable);
    await expect
      .poll(() =>
        database.ping().then(
          () => 'ready',
          () => 'not yet',
        ),
      )
      .toBe('ready');
    expect(folder.postmaster()).not.toBe(killed);
    await expectAll(database, owner, acknowledged, round);
  }
});

it('every task that was said to be stored is there after PostgreSQL and the process that keeps it are killed during writes', async () => {
  await using folder = createTestFolder();
  const acknowledged = new Set<string>();
  let owner: UserId | undefined;
  for (let kills = 0; kills < KILLS; kills += 1) {
    const { child, urls } = folder.startElsewhere();
    const opened = await openOn(await urls);
    owner ??= await addOwner(opened.urls);
    if (kills > 0) await expectAll(opened.database, owner, acknowledged, kills);
    const before = acknowledged.size;
    const failures = writeUntilFailure(opened.database, owner, acknowledged);
    await expect.poll(() => acknowledged.size).toBeGreaterThan(before + 200);
    const postmaster = folder.postmaster();
    child.kill('SIGKILL');
    process.kill(postmaster, 'SIGKILL');
    await once(child, 'exit');
    expect(await failures).toEqual(unavailable);
  }
  const last = await openOn(await folder.start());
  if (owner) await expectAll(last.database, owner, acknowledged, KILLS);
});

it('a start finds its way to a PostgreSQL that a killed process has left in the midst of recovering', async () => {
  await using folder = createTestFolder();
  const first = folder.startElsewhere();
  const { superuserUrl } = await first.urls;
  await inspect(superuserUrl, 'create table much as select n, repeat(md5(n::text), 8) as text from generate_series(1, 300000) n');
  process.kill(folder.postmaster(), 'SIGKILL');
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');

  const second = folder.startElsewhere();
  second.urls.catch(() => {});
  const killed = folder.postmaster();
  const isRecovering = () => folder.postmaster() !== killed && folder.postmaster() > 0;
  await expect.poll(isRecovering, { interval: 5 }).toBe(true);
  second.child.kill('SIGKILL');
  await once(second.child, 'exit');

  const { superuserUrl: url } = await folder.start();
  expect(await inspect(url, 'select count(*)::int as n from much')).toEqual([{ n: 300_000 }]);
});
