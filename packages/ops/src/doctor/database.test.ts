import {
  createTestDatabase,
  freePort,
  hasPgBouncer,
  inspect,
  keepsStatements,
  script,
  startOwnPostgres,
  startPgBouncer,
  type TestDatabase,
} from '@todo/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { examine } from '../testing/examine.ts';

let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own[Symbol.asyncDispose]());

describe('the database', () => {
  it('of several hosts, each is checked; one that is down is a warning while another accepts writes', async () => {
    const closed = await freePort();
    const { port: open } = new URL(own.appUrl);
    const two = own.appUrl.replace(/@[^/]+/, `@127.0.0.1:${closed},127.0.0.1:${open}`);
    const half = await examine(own, { DATABASE_URL: `${two}?target_session_attrs=read-write` });
    expect(half.of(`database 127.0.0.1:${closed}`)).toEqual([expect.stringMatching(/^warn .*ECONNREFUSED/)]);
    expect(half.of(`database 127.0.0.1:${open}`)).toEqual([expect.stringMatching(/^ok PostgreSQL .* accepts writes\.$/)]);
    expect(half.isWell).toBe(true);
    const down = await examine(own, { DATABASE_URL: own.appUrl.replace(/:\d+\//, `:${closed}/`) });
    expect([down.isWell, down.of('writes'), down.of('logins'), down.of('server').length]).toEqual([
      false,
      ['fail no host of DATABASE_URL accepts writes.'],
      [],
      1,
    ]);
  });

  it('that takes no writes is a failure, and a remote one without TLS a warning', async () => {
    await script(own.superuserUrl, `alter role todo_app in database ${new URL(own.appUrl).pathname.slice(1)} set default_transaction_read_only = on`);
    const { isWell, of } = await examine(own);
    await script(own.superuserUrl, `alter role todo_app in database ${new URL(own.appUrl).pathname.slice(1)} reset default_transaction_read_only`);
    expect([isWell, of('writes')]).toEqual([false, ['fail no host of DATABASE_URL accepts writes.']]);
    const remote = await examine(own, { DATABASE_URL: 'postgres://app:pass-word@db.invalid/todo' });
    expect(remote.of('encryption')).toEqual([expect.stringMatching(/^warn .*sslmode=verify-full/)]);
    expect(remote.lines.join()).not.toContain('pass-word');
  });

  it('with one login is a warning, with a superuser that serves or a wrong password a failure', async () => {
    const one = await examine(own, { DATABASE_MIGRATION_URL: '' });
    expect([one.isWell, one.of('login that serves')]).toEqual([true, [expect.stringMatching(/^warn todo_app also owns the tables/)]]);
    const { pathname } = new URL(own.appUrl);
    const all = await examine(own, { DATABASE_URL: own.superuserUrl.replace(/[^/]+$/, pathname.slice(1)) });
    expect([all.isWell, all.of('login that serves').map((line) => line.slice(0, 34))]).toEqual([
      false,
      ['fail postgres is a superuser, so t', 'fail postgres passes over row-leve'],
    ]);
    const wrong = await examine(own, { DATABASE_MIGRATION_URL: own.ownerUrl.replace(/:[^:@/]+@/, ':wrong@') });
    expect([wrong.isWell, wrong.of('login that owns the tables')]).toEqual([false, [expect.stringContaining('password authentication failed')]]);
  });

  it('that lacks a rule is a failure, one with an additional index a warning', async () => {
    await inspect(own.superuserUrl, 'create index tasks_extra_idx on tasks (user_id, version)');
    const extra = await examine(own);
    expect([extra.isWell, extra.of('schema')]).toEqual([true, [expect.stringMatching(/^ok /), expect.stringMatching(/^warn .*tasks_extra_idx/)]]);
    await inspect(own.superuserUrl, 'drop index tasks_extra_idx; alter table tasks no force row level security');
    const without = await examine(own);
    expect([without.isWell, without.of('schema')]).toEqual([false, [expect.stringContaining('does not match this version')]]);
    await inspect(own.superuserUrl, 'alter table tasks force row level security');
  });

  it('must have room for the connections of an instance', async () => {
    expect((await examine(own, { DATABASE_POOL_SIZE: '100' })).of('connections')).toEqual([expect.stringMatching(/^warn there is room for 1 instance of 135/)]);
    const none = await examine(own, { DATABASE_POOL_SIZE: '1000' });
    expect([none.isWell, none.of('connections')]).toEqual([false, [expect.stringMatching(/^fail there is room for 0 instances/)]]);
  });

  it('should not collect a statement for each user before PostgreSQL 18', async () => {
    await using server = await startOwnPostgres();
    const [{ version } = {}] = await inspect(server.superuserUrl, `select current_setting('server_version_num')::int as version`);
    await script(server.superuserUrl, `alter role todo_app set pg_stat_statements.track_utility = 'on'`);
    const { of } = await examine(own, { DATABASE_URL: server.appUrl, DATABASE_MIGRATION_URL: server.ownerUrl });
    expect(of('pg_stat_statements')).toEqual([expect.stringMatching(Number(version) < 180_000 ? /^warn / : /^ok it does not fill/)]);
  });
});

it.each([
  [3_000, 'warn'],
  [-3_000, 'warn'],
  [90_000, 'fail'],
])('finds a clock that differs by %d ms', async (difference, level) => {
  const seconds = `${(Math.abs(difference) / 1_000).toFixed(0)}\\.\\d`;
  expect((await examine(own, {}, () => Date.now() + difference)).of('clock')).toEqual([
    expect.stringMatching(new RegExp(`^${level} the clocks .* differ by ${seconds} s`)),
  ]);
});

describe.runIf(hasPgBouncer)('a pooler', () => {
  it.each([
    [{}, keepsStatements ? 'ok' : 'warn'],
    [{ max_prepared_statements: 0 }, 'warn'],
  ])('is found, with %j', async (settings, level) => {
    await using pooler = await startPgBouncer([own.appUrl], keepsStatements ? settings : {});
    const { isWell, of } = await examine(own, { DATABASE_URL: pooler.through(own.appUrl) });
    expect([isWell, of('pooler')]).toEqual([true, [expect.stringMatching(new RegExp(`^${level} there is one`))]]);
  });
});
