import { setTimeout as delay } from 'node:timers/promises';
import { freePort, inspect, type Link, type OwnPostgres, openLink, script, startOwnPostgres } from '@todo/db/testing';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { Traffic } from '../testing/drill/traffic.ts';
import { type Program, start, stop } from '../testing/program.ts';

/** How long each fault lasts, in ms. */
const LASTS = inject('drills') === 'long' ? 5_000 : 1_500;
const BETWEEN = 500;

let own: OwnPostgres;
let superuserUrl: string;
let link: Link;
let program: Program;
let settings: Record<string, string>;
beforeAll(async () => {
  own = await startOwnPostgres();
  superuserUrl = own.superuserUrl.replace(/[^/]+$/, 'todo');
  // The test server does without, and would lose acknowledged changes when it is killed.
  await script(superuserUrl, 'alter database todo set synchronous_commit = on');
  link = await openLink(own.appUrl);
  settings = {
    DATABASE_URL: link.url,
    DATABASE_MIGRATION_URL: own.ownerUrl,
    PORT: String(await freePort()),
    BETTER_AUTH_SECRET: 's'.repeat(32),
    TODO_DATA_DIR: '/nonexistent',
    SIGN_INS_PER_MINUTE: '0',
  };
  program = await start(settings);
});
afterAll(async () => {
  await stop(program, 'SIGKILL');
  await link[Symbol.asyncDispose]();
  await own[Symbol.asyncDispose]();
});

const query = (text: string) => inspect(superuserUrl, text);
const configure = async (setting: string) => {
  await script(superuserUrl, `alter system ${setting}`);
  await script(superuserUrl, 'select pg_reload_conf()');
};
const theirs = `usename = 'todo_app'`;
const until = async (ms: number, work: () => Promise<unknown>) => {
  for (const last = performance.now() + ms; performance.now() < last; ) await work();
};

/** Each makes a fault, lets it last, and ends it. */
const faults: Record<string, () => Promise<unknown>> = {
  'a backend is killed every 50 ms': () =>
    until(LASTS, async () => {
      await query(`select pg_terminate_backend(pid) from pg_stat_activity where ${theirs} order by random() limit 1`);
      await delay(50);
    }),
  'PostgreSQL is killed and recovers': async () => {
    const [{ pid } = { pid: 0 }] = await query(`select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int as pid`);
    process.kill(Number(pid), 'SIGKILL');
    await delay(LASTS);
  },
  'the server is killed and started again': async () => {
    await stop(program, 'SIGKILL');
    program = await start(settings);
  },
  'the database refuses connections': async () => {
    await link.cut();
    await delay(LASTS);
    await link.mend();
  },
  'the database accepts and closes connections': async () => {
    link.hangUp();
    await delay(LASTS);
    await link.mend();
  },
  'the link carries nothing': async () => {
    link.freeze();
    await delay(LASTS);
    link.thaw();
  },
  'the link is slow': async () => {
    link.latency = 200;
    await delay(LASTS);
    link.latency = 0;
  },
  'commits wait for a standby that is gone': async () => {
    await configure(`set synchronous_standby_names = 'nobody'`);
    await delay(LASTS);
    await configure('reset synchronous_standby_names');
  },
  'the database takes no writes': async () => {
    await configure('set default_transaction_read_only = on');
    await delay(LASTS);
    await configure('set default_transaction_read_only = off');
  },
  'the database allows too few connections': async () => {
    await script(superuserUrl, 'alter database todo connection limit 2');
    await query(`select pg_terminate_backend(pid) from pg_stat_activity where ${theirs}`);
    await delay(LASTS);
    await script(superuserUrl, 'alter database todo connection limit -1');
  },
  'another program causes deadlocks': () =>
    until(LASTS, async () => {
      const locks = [
        'begin',
        'lock table idempotency_keys in share row exclusive mode',
        'select pg_sleep(0.05)',
        'lock table tasks in share row exclusive mode',
        'commit',
      ];
      await script(superuserUrl, locks.join('; ')).catch(() => script(superuserUrl, 'rollback'));
      await delay(200);
    }),
};

it('survives every fault: nothing acknowledged is lost, nothing is stored twice, and it serves again by itself', async () => {
  const traffic = await Traffic.start(program.url, { people: 8, pauseMs: 30, streams: 2 });
  await traffic.recovered();
  traffic.since();
  const rows: Record<string, object> = {};
  for (const [name, cause] of Object.entries(faults)) {
    await cause();
    const recovery = await traffic.recovered();
    await delay(BETWEEN);
    rows[name] = { ...traffic.since(), recovery };
    await expect.poll(() => fetch(`${program.url}/readyz`).then(({ status }) => status)).toBe(200);
  }
  const { lost, refusedButThere, twice, foreign, unseen, longestCall, calls } = await traffic.end();
  for (const [name, row] of Object.entries(rows)) console.info(`${name}: ${JSON.stringify(row)}`);
  console.info(JSON.stringify({ calls, longestCall }));
  expect({ lost, refusedButThere, twice, foreign, unseen }).toEqual({ lost: 0, refusedButThere: 0, twice: 0, foreign: 0, unseen: 0 });
  expect(program.child.exitCode).toBe(null);
});
