import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createTestDatabase, freePort, openLink } from '@todo/db/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { client, createDataDir, isAlive, launch, type Program, start, stop } from '../testing/program.ts';

const EMAIL = 'ada@example.com';
const programs = new Set<Program>();
afterEach(async () => {
  for (const program of programs) await stop(program, 'SIGKILL');
  programs.clear();
});
function track(program: Program): Program {
  programs.add(program);
  program.exit.finally(() => programs.delete(program));
  return program;
}

/** The status of a health check; undefined while nothing listens. */
const status = ({ url }: Program, path: string) =>
  fetch(`${url}${path}`).then(
    (response) => response.status,
    () => undefined,
  );
const lines = (program: Program) => program.output().split('\n').filter(Boolean);
const settings = async (url: string) => ({
  DATABASE_URL: url,
  PORT: String(await freePort()),
  TODO_DATA_DIR: '/nonexistent',
  BETTER_AUTH_SECRET: 's'.repeat(32),
});

describe('a start without a database', () => {
  it('is live and not ready, says why once, and serves when the database is there', async () => {
    await using database = await createTestDatabase();
    await using link = await openLink(database.appUrl);
    await link.cut();
    const program = track(launch(await settings(link.url)));
    await expect.poll(() => status(program, '/livez'), { timeout: 30_000 }).toBe(200);
    expect([await status(program, '/readyz'), await status(program, '/trpc/tasks.list')]).toEqual([503, 503]);
    await expect.poll(() => lines(program)).toHaveLength(1);
    await delay(2_000);
    expect(lines(program)).toEqual([expect.stringMatching(/The database cannot be used, the server waits for it: connect ECONNREFUSED/)]);
    await link.mend();
    await expect.poll(() => status(program, '/readyz'), { timeout: 30_000 }).toBe(200);
    expect(lines(program)[1]).toMatch(/The database can be used\./);
    expect(await stop(program, 'SIGINT')).toBe(0);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('ends on %s, whatever it waits for', async (signal) => {
    let accepted = 0;
    const ends = async (url: string) => {
      const program = track(launch(await settings(url)));
      await expect.poll(() => status(program, '/livez'), { timeout: 30_000 }).toBe(200);
      expect(await stop(program, signal)).toBe(0);
    };
    await using silent = createServer((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1');
    await using closing = createServer((socket) => {
      accepted += 1;
      socket
        .on('error', () => {})
        .resume()
        .end();
    }).listen(0, '127.0.0.1');
    await Promise.all([once(silent, 'listening'), once(closing, 'listening')]);
    const urls = [silent, closing].map((server) => `postgres://todo@127.0.0.1:${Object(server.address()).port}/todo`);
    await Promise.all([...urls, 'postgres://todo@127.0.0.1:1/todo'].map(ends));
    expect(accepted).toBeLessThan(30);
  });
});

it('on SIGTERM at any moment of a first start it ends, leaves no PostgreSQL, and the next start succeeds', async () => {
  const dir = createDataDir();
  try {
    for (const after of [50, 600, 1_000, 1_400, 1_800, 2_500]) {
      const program = track(launch({ TODO_DATA_DIR: dir.path, PORT: String(await freePort()) }));
      await Promise.race([delay(after), program.exit]);
      const postgres = dir.postgresPid();
      const end = await stop(program);
      expect(['SIGTERM', 0], program.output()).toContain(end);
      if (postgres !== undefined) expect(isAlive(postgres)).toBe(false);
    }
    const program = track(await start({ TODO_DATA_DIR: dir.path, PORT: String(await freePort()) }));
    await client(program, EMAIL).signUp();
    expect(await stop(program)).toBe(0);
  } finally {
    dir[Symbol.dispose]();
  }
});

it('on SIGTERM it says that it is not ready, goes on serving for the delay, moves its streams away, and ends', async () => {
  await using database = await createTestDatabase();
  const program = track(await start({ ...(await settings(database.appUrl)), STOP_DELAY_SECONDS: '4' }));
  const ada = client(program, EMAIL);
  await ada.signUp();
  const streams = await Promise.all(Array.from({ length: 5 }, () => ada.watch()));
  const ends: string[] = [];
  const endedAt: number[] = [];
  const ended = streams.map(async ({ body }) => {
    for await (const _ of body ?? []);
    ends.push('stream');
    endedAt.push(performance.now());
  });
  const open = await fetch(`${program.url}/livez`);
  expect(open.headers.get('connection')).toBe('keep-alive');

  program.child.kill('SIGTERM');
  await expect.poll(() => status(program, '/readyz')).toBe(503);
  const served = await fetch(`${program.url}/livez`);
  expect([served.status, served.headers.get('connection')]).toEqual([200, 'close']);
  await ada.create('Buy milk');
  await Promise.race(ended);
  expect(await ada.titles()).toEqual(['Buy milk']);
  void program.exit.then(() => ends.push('exit'));
  await Promise.all([...ended, program.exit]);
  expect(ends).toEqual([...Array(5).fill('stream'), 'exit']);
  expect(await program.exit).toBe(0);
  // Five random moments within four seconds are not all within a tenth of that.
  expect(Math.max(...endedAt) - Math.min(...endedAt)).toBeGreaterThan(400);
});

it('ends within its time although a client reads its answer no more', async () => {
  await using database = await createTestDatabase();
  const program = track(await start(await settings(database.appUrl)));
  const ada = client(program, EMAIL);
  await ada.signUp();
  const { body } = await ada.watch();
  const held = body?.getReader();
  await held?.read();
  const stuck = connect(Number(new URL(program.url).port), '127.0.0.1', () =>
    stuck.write('POST /trpc/tasks.create HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n'),
  );
  await once(stuck, 'connect');
  expect(await stop(program)).toBe(0);
  stuck.destroy();
});
