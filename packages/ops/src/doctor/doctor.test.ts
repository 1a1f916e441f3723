import { once } from 'node:events';
import { statfsSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { backupName } from '@todo/db/backup/folder';
import { freePort } from '@todo/db/testing';
import { createFolder } from '@todo/db/testing/backups';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { examine } from '../testing/examine.ts';
import { startInstallation } from '../testing/installation.ts';

let the: Awaited<ReturnType<typeof startInstallation>>;
beforeAll(async () => {
  the = await startInstallation();
});
afterAll(() => the[Symbol.asyncDispose]());

it('says that a good deployment is well, in the real program too', async () => {
  const { isWell, of, lines } = await examine(the.own);
  expect(isWell, lines.join('\n')).toBe(true);
  expect(lines.filter((line) => line.startsWith('warn')).map((line) => line.slice(6, 20))).toEqual([
    expect.stringMatching(/^backups/),
    expect.stringMatching(/^last drill/),
  ]);
  expect(of('logins')).toEqual([expect.stringMatching(/^ok todo_app serves/)]);
  expect(of('schema')).toEqual([expect.stringMatching(/^ok schema \d+, which versions with schema \d+ or later can serve/)]);
  expect(of('clock')).toEqual(['ok the clocks of this machine and the database differ by 0.0 s.']);
  expect(of('connections')).toEqual([expect.stringMatching(/^ok there is room for \d+ instances of 15 connections/)]);
  expect(of('pooler')).toEqual([expect.stringMatching(/^ok there is none/)]);
  expect(of('server')).toEqual([expect.stringMatching(/^ok nothing listens/)]);
  const env = { DATABASE_URL: the.own.appUrl, DATABASE_MIGRATION_URL: the.own.ownerUrl, PORT: String(await freePort()), TODO_DATA_DIR: '/nonexistent' };
  expect(await the.todo(['doctor'], env)).toMatch(/\d+ ok, \d to look at, 0 failed\n$/);
  await expect(the.todo(['doctor'], { ...env, PORT: 'many' })).rejects.toMatchObject({ code: 1, stdout: expect.stringMatching(/^fail {2}settings: PORT: /) });
});

describe('settings', () => {
  it.each([
    [{ PORT: '0', BACKUP_KEEP: 'all' }, 'settings', /^fail PORT/],
    [{ DATABASE_URL: 'postgres://app:pass#word@db/todo' }, 'settings', /^fail DATABASE_URL must/],
    [{ BETTER_AUTH_SECRET: 'short' }, 'settings', /^fail BETTER_AUTH_SECRET: must have/],
    [{ BETTER_AUTH_SECRET: '', NODE_ENV: 'production' }, 'settings', /^fail BETTER_AUTH_SECRET: must be set/],
    [{ BETTER_AUTH_SECRET: '' }, 'secret', /^warn /],
    [{ NODE_ENV: 'production' }, 'PUBLIC_URL', /^warn .* is not encrypted/],
    [{ PUBLIC_URL: 'https://todo.example.com' }, 'CLIENT_ADDRESS_FROM', /^warn /],
    [{ PUBLIC_URL: 'https://todo.example.com', CLIENT_ADDRESS_FROM: 'x-forwarded-for' }, 'CLIENT_ADDRESS_FROM', /^ok /],
  ])('%j', async (env, what, says) => {
    const { isWell, of, lines } = await examine(the.own, env);
    expect(of(what)[0]).toMatch(says);
    expect(lines.join()).not.toContain('pass#word');
    expect(isWell).toBe(!says.source.startsWith('^fail'));
  });
});

describe('backups and drills', () => {
  it('that are old or have failed are failures', async () => {
    using folder = createFolder();
    const of = async (what: string) => (await examine(the.own, { BACKUP_DIR: folder.path })).of(what);
    expect(await of('backups')).toEqual([expect.stringMatching(/^warn there is none in .*, and one is taken every 24 hours/)]);
    const nameOf = (hours: number) => backupName(new Date(Date.now() - hours * 3_600_000), false);
    const newest = nameOf(3);
    const note = (name: string, days: number, outcome: string) =>
      writeFileSync(folder.file(`last-${name}.json`), JSON.stringify({ time: new Date(Date.now() - days * 86_400_000), seconds: 1, outcome }));
    writeFileSync(folder.file(nameOf(50)), 'x');
    note('backup', 1, 'failed');
    expect([await of('backups'), await of('last backup')]).toEqual([
      [expect.stringMatching(/^fail the newest was taken 2 days ago/)],
      [expect.stringMatching(/^fail it failed 24 hours ago/)],
    ]);
    writeFileSync(folder.file(newest), 'x');
    note('backup', 0, 'ok');
    expect([await of('backups'), await of('last backup')]).toEqual([[expect.stringMatching(/^ok the newest was taken 3 hours ago/)], []]);
    for (const [days, outcome, says] of [
      [1, 'ok', /^ok /],
      [20, 'ok', /^warn it succeeded 20 days ago/],
      [1, 'failed', /^fail /],
    ] as const) {
      note('drill', days, outcome);
      expect(await of('last drill')).toEqual([expect.stringMatching(says)]);
    }
    expect(await of('space for backups')).toEqual([expect.stringMatching(/^ok \d+\.\d GB are free/)]);
    const { bavail, bsize } = statfsSync(folder.path);
    for (const [share, says] of [
      [0.5, /^warn .*less than three backups take/],
      [2, /^fail .*less than the newest backup takes/],
    ] as const) {
      // Holes in a file take no space.
      truncateSync(folder.file(newest), Math.floor(bavail * bsize * share));
      expect(await of('space for backups')).toEqual([expect.stringMatching(says)]);
    }
  });
});

it('tells a server that is ready from another program on the port', async () => {
  const { port: ours } = new URL(the.url);
  expect((await examine(the.own, { PORT: ours })).of('server')).toEqual([expect.stringMatching(/^ok Todo serves/)]);
  await using other = createServer((_, answer) => answer.end('hello')).listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port: theirs } = Object(other.address());
  const taken = await examine(the.own, { PORT: String(theirs) });
  expect([taken.isWell, taken.of('server')]).toEqual([false, [expect.stringMatching(/^fail another program answers/)]]);
});

it('of the embedded database says whether it runs, and does not start it', async () => {
  using folder = createFolder();
  const { isWell, of } = await examine(the.own, { DATABASE_URL: '', DATABASE_MIGRATION_URL: '', BACKUP_DIR: '', TODO_DATA_DIR: folder.path });
  expect([isWell, of('data folder'), of('logins')]).toEqual([true, [expect.stringMatching(/^warn the embedded PostgreSQL of .* does not run/)], []]);
});
