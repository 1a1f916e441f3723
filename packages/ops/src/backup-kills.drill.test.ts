import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { backup } from '@todo/db/backup/backup';
import { listBackups } from '@todo/db/backup/folder';
import type { Manifest } from '@todo/db/backup/format';
import { verifyBackup } from '@todo/db/backup/verify';
import { assertSchema } from '@todo/db/migrate/assert-schema';
import { addOwner, createTestDatabase, inspect, type TestDatabase } from '@todo/db/testing';
import { contentsOf, createFolder, populate } from '@todo/db/testing/backups';
import { canMount, fill, mountDisk } from '@todo/db/testing/disk';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

const KILLS = inject('drills') === 'long' ? 20 : 3;
const folder = createFolder();
let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
  await populate(own);
  for (let i = 0; i < 4; i += 1) await addOwner(own, 2_000);
});
afterAll(async () => {
  folder[Symbol.dispose]();
  await own[Symbol.asyncDispose]();
});

const nameOf = ({ ownerUrl }: TestDatabase) => new URL(ownerUrl).pathname.slice(1);

function db(...args: string[]): ChildProcess {
  const env = { PATH: process.env.PATH, DATABASE_URL: own.appUrl, DATABASE_MIGRATION_URL: own.ownerUrl };
  return spawn(process.execPath, [join(import.meta.dirname, 'cli.ts'), ...args], { env, stdio: ['ignore', 'ignore', 'ignore'] });
}

async function run(...args: string[]): Promise<number> {
  const [code] = await once(db(...args), 'exit');
  return code;
}

async function timed(...args: string[]): Promise<number> {
  const start = performance.now();
  expect(await run(...args)).toBe(0);
  return performance.now() - start;
}

const sometime = (takes: number) => () => delay(takes * Math.random());

/** Runs a command and kills it at a certain point, if it gets there; waits until PostgreSQL has ended its session. */
async function runAndKill(point: () => Promise<unknown>, ...args: string[]): Promise<void> {
  const reached = point();
  const child = db(...args);
  const exited = once(child, 'exit');
  await Promise.race([reached, exited]);
  child.kill('SIGKILL');
  await exited;
  const sessions = () => inspect(own.superuserUrl, `select from pg_stat_activity where datname = '${nameOf(own)}' and usename = 'todo_owner'`);
  await expect.poll(sessions).toEqual([]);
}

/** Resolves when the folder changes, as at the start of a backup. */
async function fileMade(): Promise<void> {
  const watcher = watch(folder.path);
  await once(watcher, 'change');
  watcher.close();
}

const partials = () => readdirSync(folder.path).filter((name) => name.includes('.partial-'));

it('a backup that is killed at any point never looks like one, changes nothing, and the next one works and clears away its rest', async () => {
  const before = await contentsOf(own);
  const takes = await timed('backup', '--folder', folder.path);
  let left = 0;
  for (let i = 0; i < KILLS; i += 1) {
    await runAndKill(i % 4 === 0 ? fileMade : sometime(takes), 'backup', '--folder', folder.path);
    left += partials().length;
    for (const { name } of listBackups(folder.path)) await verifyBackup(folder.file(name));
  }
  expect(left).toBeGreaterThan(0);
  expect(await run('backup', '--folder', folder.path)).toBe(0);
  expect(partials()).toEqual([]);
  const [newest] = listBackups(folder.path);
  expect((await verifyBackup(folder.file(newest?.name ?? ''))).manifest).toEqual(before);
  expect(await contentsOf(own)).toEqual(before);
});

it('a restore that is killed at any point leaves the database as it was or as the backup is, and the next one works', async () => {
  const files = { one: folder.file('one'), other: folder.file('other') };
  const states: Manifest[] = [(await backup(own.ownerUrl, files.one)).manifest];
  await addOwner(own, 500);
  states.push((await backup(own.ownerUrl, files.other)).manifest);
  const takes = await timed('restore', files.one, '--replace', nameOf(own));
  for (let i = 0; i < KILLS; i += 1) {
    await runAndKill(sometime(1.1 * takes), 'restore', i % 2 ? files.one : files.other, '--replace', nameOf(own));
    const found = JSON.stringify(await contentsOf(own));
    const state = states.findIndex((manifest) => JSON.stringify(manifest) === found);
    expect(state, 'neither').not.toBe(-1);
    await assertSchema(own.appUrl);
  }
  expect(await run('restore', files.other, '--replace', nameOf(own))).toBe(0);
  expect(await contentsOf(own)).toEqual(states[1]);
});

describe.runIf(canMount())('a disk that fills up during a backup (needs root, to mount one)', () => {
  it('is reported, and leaves no file that looks like a backup', async () => {
    using disk = mountDisk(16);
    fill(disk.path, 300_000);
    const path = join(disk.path, 'all.backup');
    const failure = { name: 'BackupError', reason: 'FILE_SYSTEM', message: expect.stringContaining('no space left') };
    await expect(backup(own.ownerUrl, path)).rejects.toMatchObject(failure);
    expect(readdirSync(disk.path)).toEqual(['filler']);
    await expect(backup(own.ownerUrl, path, { passphrase: 'a passphrase' })).rejects.toMatchObject(failure);
    expect(readdirSync(disk.path)).toEqual(['filler']);
    expect(await run('backup', '--folder', disk.path)).toBe(1);
    expect(listBackups(disk.path)).toEqual([]);
  });
});
