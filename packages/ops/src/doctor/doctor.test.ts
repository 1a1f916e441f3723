import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { backupName } from '@todo/db/backup/folder';
import { freePort, hasPgBouncer, inspect, keepsStatements, script, startOwnPostgres, startPgBouncer } from '@todo/db/testing';
import { createFolder } from '@todo/db/testing/backups';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startInstallation } from '../testing/installation.ts';
import { doctor } from './doctor.ts';

const SECRET = 'a secret that no line of the doctor may show';

let the: Awaited<ReturnType<typeof startInstallation>>;
let port: string;
beforeAll(async () => {
  the = await startInstallation();
  port = String(await freePort());
});
afterAll(() => the[Symbol.asyncDispose]());

/** What the doctor says of a deployment with these settings besides the right ones, by check. */
async function examine(env: Record<string, string> = {}) {
  const { appUrl, ownerUrl } = the.own;
  const lines: string[] = [];
  const isWell = await doctor(
    { DATABASE_URL: appUrl, DATABASE_MIGRATION_URL: ownerUrl, BETTER_AUTH_SECRET: SECRET, PORT: port, BACKUP_DIR: '/nonexistent', ...env },
    (line) => lines.push(line),
  );
  for (const hidden of [SECRET, ...[appUrl, ownerUrl].map((url) => new URL(url).password)]) expect(lines.join('\n')).not.toContain(hidden);
  for (const line of lines) expect(line).not.toContain('\n');
  const of = (what: string) =>
    lines.filter((line) => line.slice(6).startsWith(`${what}: `)).map((line) => `${line.slice(0, 4).trim()}${line.slice(6 + what.length + 1)}`);
  return { isWell, lines, of };
}

it('says that a good deployment is well, in the real program too', async () => {
  const { isWell, of, lines } = await examine();
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
  const env = { DATABASE_URL: the.own.appUrl, DATABASE_MIGRATION_URL: the.own.ownerUrl, PORT: port, TODO_DATA_DIR: '/nonexistent' };
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
    const { isWell, of, lines } = await examine(env);
    expect(of(what)[0]).toMatch(says);
    expect(lines.join()).not.toContain('pass#word');
    expect(isWell).toBe(!says.source.startsWith('^fail'));
  });
});

describe('the database', () => {
  it('of several hosts, each is checked; one that is down is a warning while another accepts writes', async () => {
    const closed = await freePort();
    const { port: open } = new URL(the.own.appUrl);
    const two = the.own.appUrl.replace(/@[^/]+/, `@127.0.0.1:${closed},127.0.0.1:${open}`);
    const half = await examine({ DATABASE_URL: `${two}?target_session_attrs=read-write` });
    expect(half.of(`database 127.0.0.1:${closed}`)).toEqual([expect.stringMatching(/^warn .*ECONNREFUSED/)]);
    expect(half.of(`database 127.0.0.1:${open}`)).toEqual([expect.stringMatching(/^ok PostgreSQL .* accepts writes\.$/)]);
    expect(half.isWell).toBe(true);
    const down = await examine({ DATABASE_URL: the.own.appUrl.replace(/:\d+\//, `:${closed}/`) });
    expect([down.isWell, down.of('writes'), down.of('logins'), down.of('server').length]).toEqual([
      false,
      ['fail no host of DATABASE_URL accepts writes.'],
      [],
      1,
    ]);
  });

  it('that takes no writes is a failure, and a remote one without TLS a warning', async () => {
    await script(the.own.superuserUrl, `alter role todo_app in database ${new URL(the.own.appUrl).pathname.slice(1)} set default_transaction_read_only = on`);
    const { isWell, of } = await examine();
    await script(the.own.superuserUrl, `alter role todo_app in database ${new URL(the.own.appUrl).pathname.slice(1)} reset default_transaction_read_only`);
    expect([isWell, of('writes')]).toEqual([false, ['fail no host of DATABASE_URL accepts writes.']]);
    const remote = await examine({ DATABASE_URL: 'postgres://app:pass-word@db.invalid/todo' });
    expect(remote.of('encryption')).toEqual([expect.stringMatching(/^warn .*sslmode=verify-full/)]);
    expect(remote.lines.join()).not.toContain('pass-word');
  });

  it('with one login is a warning, with a superuser that serves or a wrong password a failure', async () => {
    const one = await examine({ DATABASE_MIGRATION_URL: '' });
    expect([one.isWell, one.of('login that serves')]).toEqual([true, [expect.stringMatching(/^warn todo_app also owns the tables/)]]);
    const { pathname } = new URL(the.own.appUrl);
    const all = await examine({ DATABASE_URL: the.own.superuserUrl.replace(/[^/]+$/, pathname.slice(1)) });
    expect([all.isWell, all.of('login that serves').map((line) => line.slice(0, 34))]).toEqual([
      false,
      ['fail postgres is a superuser, so t', 'fail postgres passes over row-leve'],
    ]);
    const wrong = await examine({ DATABASE_MIGRATION_URL: the.own.ownerUrl.replace(/:[^:@/]+@/, ':wrong@') });
    expect([wrong.isWell, wrong.of('login that owns the tables')]).toEqual([false, [expect.stringContaining('password authentication failed')]]);
  });

  it('that lacks a rule is a failure, one with an additional index a warning', async () => {
    await inspect(the.own.superuserUrl, 'create index tasks_extra_idx on tasks (user_id, version)');
    const extra = await examine();
    expect([extra.isWell, extra.of('schema')]).toEqual([true, [expect.stringMatching(/^ok /), expect.stringMatching(/^warn .*tasks_extra_idx/)]]);
    await inspect(the.own.superuserUrl, 'drop index tasks_extra_idx; alter table tasks no force row level security');
    const without = await examine();
    expect([without.isWell, without.of('schema')]).toEqual([false, [expect.stringContaining('does not match this version')]]);
    await inspect(the.own.superuserUrl, 'alter table tasks force row level security');
  });

  it('must have room for the connections of an instance', async () => {
    expect((await examine({ DATABASE_POOL_SIZE: '100' })).of('connections')).toEqual([expect.stringMatching(/^warn there is room for 1 instance of 135/)]);
    const none = await examine({ DATABASE_POOL_SIZE: '1000' });
    expect([none.isWell, none.of('connections')]).toEqual([false, [expect.stringMatching(/^fail there is room for 0 instances/)]]);
  });

  it('should not collect a statement for each user before PostgreSQL 18', async () => {
    await using server = await startOwnPostgres();
    const [{ version } = {}] = await inspect(server.superuserUrl, `select current_setting('server_version_num')::int as version`);
    await script(server.superuserUrl, `alter role todo_app set pg_stat_statements.track_utility = 'on'`);
    const { of } = await examine({ DATABASE_URL: server.appUrl, DATABASE_MIGRATION_URL: server.ownerUrl });
    expect(of('pg_stat_statements')).toEqual([expect.stringMatching(Number(version) < 180_000 ? /^warn / : /^ok it does not fill/)]);
  });
});

describe.runIf(hasPgBouncer)('a pooler', () => {
  it.each([
    [{}, keepsStatements ? 'ok' : 'warn'],
    [{ max_prepared_statements: 0 }, 'warn'],
  ])('is found, with %j', async (settings, level) => {
    await using pooler = await startPgBouncer([the.own.appUrl], keepsStatements ? settings : {});
    const { isWell, of } = await examine({ DATABASE_URL: pooler.through(the.own.appUrl) });
    expect([isWell, of('pooler')]).toEqual([true, [expect.stringMatching(new RegExp(`^${level} there is one`))]]);
  });
});

describe('backups and drills', () => {
  it('that are old or have failed are failures', async () => {
    using folder = createFolder();
    const of = async (what: string) => (await examine({ BACKUP_DIR: folder.path })).of(what);
    expect(await of('backups')).toEqual([expect.stringMatching(/^warn there is none in .*, and one is taken every 24 hours/)]);
    const take = (hours: number) => writeFileSync(folder.file(backupName(new Date(Date.now() - hours * 3_600_000), false)), 'x');
    const note = (name: string, days: number, outcome: string) =>
      writeFileSync(folder.file(`last-${name}.json`), JSON.stringify({ time: new Date(Date.now() - days * 86_400_000), seconds: 1, outcome }));
    take(50);
    note('backup', 1, 'failed');
    expect([await of('backups'), await of('last backup')]).toEqual([
      [expect.stringMatching(/^fail the newest was taken 2 days ago/)],
      [expect.stringMatching(/^fail it failed 24 hours ago/)],
    ]);
    take(3);
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
  });
});

it('tells a server that is ready from another program on the port', async () => {
  const { port: ours } = new URL(the.url);
  expect((await examine({ PORT: ours })).of('server')).toEqual([expect.stringMatching(/^ok Todo serves/)]);
  await using other = createServer((_, answer) => answer.end('hello')).listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port: theirs } = Object(other.address());
  const taken = await examine({ PORT: String(theirs) });
  expect([taken.isWell, taken.of('server')]).toEqual([false, [expect.stringMatching(/^fail another program answers/)]]);
});

it('of the embedded database says whether it runs, and does not start it', async () => {
  using folder = createFolder();
  const { isWell, of } = await examine({ DATABASE_URL: '', DATABASE_MIGRATION_URL: '', BACKUP_DIR: '', TODO_DATA_DIR: folder.path });
  expect([isWell, of('data folder'), of('logins')]).toEqual([true, [expect.stringMatching(/^warn the embedded PostgreSQL of .* does not run/)], []]);
});
