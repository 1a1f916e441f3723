import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { inspect } from '../testing/database.ts';
import { createTestFolder, type TestFolder } from '../testing/folder.ts';
import { isAlive } from './cluster.ts';
import type { EmbeddedPostgres } from './embedded.ts';
import { DataDirInUse } from './postgres-server.ts';

type Urls = Omit<EmbeddedPostgres, 'stop'>;

const keep = (urls: Urls) => inspect(urls.superuserUrl, 'create table kept as select 42 as answer');
const kept = (urls: Urls) => inspect(urls.superuserUrl, 'select answer from kept');
const isRoot = process.getuid?.() === 0;
const NOBODY = 65534;
const childrenOf = (pid: number) => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
const whole = ['postgres', 'postgres.log', 'secrets.json'];

/** Where a server has been started before, and stopped. */
const used = createTestFolder();
beforeAll(async () => (await used.start()).stop());
afterAll(() => used[Symbol.asyncDispose]());
const usedFolder = (mode?: number) => createTestFolder(mode, used);

describe('an embedded server', () => {
  it('keeps its data and its passwords from one start to the next, and leaves no process', async () => {
    await using folder = usedFolder();
    const first = await folder.start();
    await keep(first);
    const pid = folder.postmaster();
    await first.stop();
    expect(isAlive(pid)).toBe(false);
    const second = await folder.start();
    expect(await kept(second)).toEqual([{ answer: 42 }]);
    expect(new URL(second.appUrl).password).toBe(new URL(first.appUrl).password);
    expect(readdirSync(folder.dataDir).sort()).toEqual(whole);
  });

  it('refuses a second start on its folder, and goes on', async () => {
    await using folder = usedFolder();
    const first = await folder.start();
    await keep(first);
    const pid = folder.postmaster();
    await expect(folder.start()).rejects.toThrow(DataDirInUse);
    await expect(folder.startElsewhere().urls).rejects.toThrow(`DataDirInUse: ${folder.dataDir} is in use by another process.`);
    expect(folder.postmaster()).toBe(pid);
    expect(await kept(first)).toEqual([{ answer: 42 }]);
  });

  it.each(['for the first time', 'again'])(
    'is started by one of several processes that start it %s at once, and the others report that it runs',
    async (time) => {
      await using folder = time === 'again' ? usedFolder() : createTestFolder();
      const outcomes = await Promise.allSettled(Array.from({ length: 3 }, () => folder.startElsewhere().urls));
      const refusals = outcomes.filter(({ status }) => status === 'rejected');
      expect(refusals).toEqual(
        refusals.map(() => ({ status: 'rejected', reason: expect.objectContaining({ message: expect.stringContaining('DataDirInUse') }) })),
      );
      expect(refusals).toHaveLength(2);
      for (const outcome of outcomes) if (outcome.status === 'fulfilled') await keep(outcome.value);
      expect(readdirSync(folder.dataDir).sort()).toEqual(whole);
    },
  );

  it('reports that the folder is in use when another process takes the server for an orphan while it starts', async () => {
    await using folder = usedFolder();
    const start = folder.start();
    start.catch(() => undefined);
    await expect.poll(() => existsSync(join(folder.dataDir, 'postgres', 'postmaster.pid')), { interval: 1, timeout: 20_000 }).toBe(true);
    process.kill(folder.postmaster(), 'SIGINT');
    await expect(start).rejects.toThrow(DataDirInUse);
  });

  it('has ended when a start that is called off while it creates the database is over', async () => {
    await using folder = createTestFolder();
    const calling = new AbortController();
    const started = folder.start(calling.signal);
    const databases = join(folder.dataDir, 'postgres', 'base');
    await expect.poll(() => folder.postmaster() > 0 && readdirSync(databases).length, { interval: 1 }).toBeGreaterThan(3);
    const pid = folder.postmaster();
    calling.abort();
    await expect(started).rejects.toThrow();
    expect(isAlive(pid)).toBe(false);
  });

  it('is taken over, without loss, from a process that was killed', async () => {
    await using folder = usedFolder();
    const { child, urls } = folder.startElsewhere();
    await keep(await urls);
    const orphan = folder.postmaster();
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isAlive(orphan)).toBe(true);
    const next = await folder.start();
    expect(folder.postmaster()).not.toBe(orphan);
    expect(await kept(next)).toEqual([{ answer: 42 }]);
  });

  it('starts where a first start was killed, and clears away what that has left', async () => {
    await using folder = createTestFolder();
    const { child, urls } = folder.startElsewhere();
    urls.catch(() => {});
    const hasDraft = () => existsSync(folder.dataDir) && readdirSync(folder.dataDir).some((name) => /^postgres\.new-\w+$/.test(name));
    await expect.poll(hasDraft, { interval: 5 }).toBe(true);
    child.kill('SIGKILL');
    await keep(await folder.start());
    expect(readdirSync(folder.dataDir).sort()).toEqual(whole);
  });

  it('waits for what a killed PostgreSQL has left running', async () => {
    await using folder = usedFolder();
    const { child, urls } = folder.startElsewhere();
    await keep(await urls);
    const killed = folder.postmaster();
    const [part = 0] = childrenOf(killed);
    process.kill(part, 'SIGSTOP');
    child.kill('SIGKILL');
    process.kill(killed, 'SIGKILL');
    await once(child, 'exit');
    const next = folder.start();
    await expect.poll(() => readFileSync(join(folder.dataDir, 'postgres.log'), 'utf8')).toContain('pre-existing shared memory block');
    process.kill(part, 'SIGCONT');
    expect(await kept(await next)).toEqual([{ answer: 42 }]);
  });

  it('starts although the process number that a killed server has left is now that of another program', async () => {
    await using folder = usedFolder();
    const other = spawn('sleep', ['600'], isRoot ? { uid: NOBODY } : {});
    onTestFinished(() => void other.kill('SIGKILL'));
    writeFileSync(join(folder.dataDir, 'postgres', 'postmaster.pid'), `${other.pid}\n${folder.dataDir}\n0\n1\n\n127.0.0.1\n`);
    await keep(await folder.start());
    expect(other.exitCode).toBeNull();
  });
});

const status = (folder: TestFolder) => readFileSync(`/proc/${folder.postmaster()}/status`, 'utf8');

const isOutOfReach = () => spawnSync(process.execPath, ['--version'], { uid: NOBODY }).status !== 0;
const outOfReach = 'The project lies below a folder that an ordinary user cannot enter.';

describe.runIf(isRoot)('an embedded server that root starts (needs root)', () => {
  it('runs as nobody, with no right over other users unless a folder of root keeps it from the program', async () => {
    await using folder = usedFolder(0o755);
    await keep(await folder.start());
    expect(status(folder)).toMatch(new RegExp(`^Uid:\\s+${NOBODY}\\s+${NOBODY}\\s`, 'm'));
    expect(status(folder)).toMatch(isOutOfReach() ? /^CapEff:\s+0+4$/m : /^CapEff:\s+0+$/m);
  });

  it('runs as nobody, who may read past the folder of root that its data lie in and no more', async () => {
    await using folder = usedFolder(0o700);
    await keep(await folder.start());
    expect(status(folder)).toMatch(new RegExp(`^Uid:\\s+${NOBODY}\\s+${NOBODY}\\s`, 'm'));
    expect(status(folder)).toMatch(/^CapEff:\s+0+4$/m);
  });

  it('is started by an ordinary user all the same, as that user', async (test) => {
    test.skip(isOutOfReach(), outOfReach);
    await using folder = createTestFolder(0o755);
    mkdirSync(folder.dataDir);
    chownSync(folder.dataDir, NOBODY, NOBODY);
    await keep(await folder.startElsewhere(NOBODY).urls);
    expect(status(folder)).toMatch(new RegExp(`^Uid:\\s+${NOBODY}\\s+${NOBODY}\\s`, 'm'));
    expect(status(folder)).toMatch(/^CapEff:\s+0+$/m);
  });
});
