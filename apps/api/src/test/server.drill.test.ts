import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createTestDatabase, freePort } from '@todo/db/testing';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { client, createDataDir, type DataDir, isAlive, launch, type Program, start, stop } from '../testing/program.ts';

const EMAIL = 'ada@example.com';

const running = new Set<Program>();
const dirs: DataDir[] = [];

/** Where the program has run once, and ada has signed up. */
const used = createDataDir();
beforeAll(async () => {
  const program = await start({ TODO_DATA_DIR: used.path, PORT: String(await freePort()) });
  await client(program, EMAIL).signUp();
  await stop(program);
});
afterAll(() => used[Symbol.dispose]());

afterEach(async () => {
  for (const program of running) await stop(program, 'SIGKILL');
  for (const dir of dirs.splice(0)) dir[Symbol.dispose]();
  running.clear();
});

function dataDir(template?: DataDir) {
  const dir = createDataDir(template);
  dirs.push(dir);
  return dir;
}

async function serve(settings: Record<string, string>): Promise<Program> {
  const program = await start(settings);
  running.add(program);
  program.exit.finally(() => running.delete(program));
  return program;
}

/** Starts a program that must fail, and returns its exit code and output. */
async function refuse(settings: Record<string, string>): Promise<{ code: number | string | null; output: string }> {
  const program = launch(settings);
  running.add(program);
  const code = await program.exit;
  running.delete(program);
  return { code, output: program.output() };
}

it('says where it listens, stops cleanly with its PostgreSQL on SIGINT and on SIGTERM, and finds everything at the next start', async () => {
  const dir = dataDir(used);
  const settings = { TODO_DATA_DIR: dir.path, PORT: String(await freePort()) };
  const endCleanly = async (program: Program, signal: NodeJS.Signals) => {
    const postgres = dir.postgresPid();
    if (postgres === undefined) throw new Error('No PostgreSQL runs in the data folder.');
    expect(await stop(program, signal)).toBe(0);
    expect(isAlive(postgres)).toBe(false);
    expect(dir.postgresPid()).toBeUndefined();
  };

  const first = await serve(settings);
  expect(first.output()).toContain(`http://localhost:${settings.PORT}`);
  const ada = client(first, EMAIL);
  await ada.signIn();
  await ada.create('Buy milk');
  await endCleanly(first, 'SIGINT');

  const second = await serve(settings);
  const again = client(second, EMAIL);
  await again.signIn();
  expect(await again.titles()).toEqual(['Buy milk']);
  await endCleanly(second, 'SIGTERM');
});

/** Creates tasks concurrently until the program is gone. Returns the acknowledged titles. */
async function writeUntilGone(ada: ReturnType<typeof client>, enough: () => void): Promise<string[]> {
  const acknowledged: string[] = [];
  const write = async (writer: number) => {
    for (let i = 0; ; i += 1) {
      const { title } = await ada.create(`${writer}-${i}`);
      if (acknowledged.push(title) === 100) enough();
    }
  };
  const ends = await Promise.allSettled([1, 2, 3, 4].map(write));
  expect(ends.every(({ status }) => status === 'rejected')).toBe(true);
  return acknowledged;
}

it.each([
  ['itself', false],
  ['itself and its PostgreSQL', true],
])('after kill -9 of %s in the midst of writes, the next start finds every acknowledged task', async (_, both) => {
  const dir = dataDir(used);
  const settings = { TODO_DATA_DIR: dir.path, PORT: String(await freePort()), CALLS_PER_MINUTE: '0' };
  const first = await serve(settings);
  const ada = client(first, EMAIL);
  await ada.signIn();
  const acknowledged = await writeUntilGone(ada, () => {
    const postgres = dir.postgresPid();
    if (both && postgres !== undefined) process.kill(postgres, 'SIGKILL');
    first.child.kill('SIGKILL');
  });
  expect(await first.exit).toBe('SIGKILL');
  expect(acknowledged.length).toBeGreaterThanOrEqual(100);

  const second = await serve(settings);
  const again = client(second, EMAIL);
  await again.signIn();
  const titles = await again.titles();
  expect(acknowledged.filter((title) => !titles.includes(title))).toEqual([]);
  expect(titles.length - acknowledged.length).toBeLessThanOrEqual(4);
  expect(await stop(second)).toBe(0);
});

it('a second start on the same data folder is refused with a clear message, and the first goes on', async () => {
  const dir = dataDir(used);
  const first = await serve({ TODO_DATA_DIR: dir.path, PORT: String(await freePort()) });
  const ada = client(first, EMAIL);
  await ada.signIn();
  const postgres = dir.postgresPid();

  const second = await refuse({ TODO_DATA_DIR: dir.path, PORT: String(await freePort()) });
  expect(second.code).toBe(1);
  expect(second.output.trim()).toBe(`${dir.path} is in use by another process. Stop that one first, or set TODO_DATA_DIR to another folder.`);

  expect(dir.postgresPid()).toBe(postgres);
  await ada.create('Still here');
  expect(await ada.titles()).toEqual(['Still here']);
  expect(await stop(first)).toBe(0);
});

it('two first starts at once on one new data folder end as one that serves and one that is refused', async () => {
  const dir = dataDir();
  const ports = [await freePort(), await freePort()];
  const ends = await Promise.allSettled(ports.map((port) => start({ TODO_DATA_DIR: dir.path, PORT: String(port) })));
  for (const end of ends) if (end.status === 'fulfilled') running.add(end.value);
  expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  for (const end of ends) {
    if (end.status === 'fulfilled') await client(end.value, EMAIL).signUp();
    else expect(String(end.reason)).toContain('is in use by another process');
  }
});

it('a port in use is reported, and no PostgreSQL is left behind', async () => {
  const dir = dataDir(used);
  const port = await freePort();
  const occupant = createServer().listen(port, '127.0.0.1');
  await once(occupant, 'listening');
  const { code, output } = await refuse({ TODO_DATA_DIR: dir.path, PORT: String(port) });
  occupant.close();
  expect(code).toBe(1);
  expect(output.trim()).toBe(`Port ${port} is in use. Stop the program that uses it, or set PORT to another port.`);
  expect(dir.postgresPid()).toBeUndefined();
});

it('with DATABASE_URL it serves from that server and starts none', async () => {
  await using database = await createTestDatabase();
  const dir = dataDir();
  const urls = { DATABASE_URL: database.appUrl, DATABASE_MIGRATION_URL: database.ownerUrl };
  const program = await serve({ ...urls, TODO_DATA_DIR: dir.path, PORT: String(await freePort()) });
  const ada = client(program, EMAIL);
  await ada.signUp();
  await ada.create('Elsewhere');
  expect(await ada.titles()).toEqual(['Elsewhere']);
  // Where no mail server is set, mails are kept in a file.
  expect(readdirSync(dir.path).filter((name) => name !== 'mails.txt')).toEqual(['secrets.json']);
  expect(await stop(program)).toBe(0);
});

it('with a login that the database refuses it ends at once and says why', async () => {
  await using database = await createTestDatabase();
  const dir = dataDir();
  const url = database.appUrl.replace(/:[^:@]+@/, ':hunter2@');
  const { code, output } = await refuse({ DATABASE_URL: url, PORT: String(await freePort()), TODO_DATA_DIR: dir.path });
  const line = /^The database cannot be used: password authentication failed for user "todo_app"\. Check DATABASE_URL and the server it names\.$/;
  expect([code, output.trim()]).toEqual([1, expect.stringMatching(line)]);
  expect(output).not.toContain('hunter2');
  expect(existsSync(join(dir.path, 'postgres'))).toBe(false);
});
