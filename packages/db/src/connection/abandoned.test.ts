import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { type Database, openDatabase } from '../database.ts';
import { applyMigrations, withConnection } from '../migrate/migrate.ts';
import { owner, prepare } from '../owner-db.ts';
import { newTasks } from '../schema/tasks.ts';
import { addOwner, inspect, type OwnPostgres, openLink, script, startOwnPostgres } from '../testing/database.ts';
import { logEverything, readBackends } from '../testing/logs.ts';
import type { UserId } from '../user-id.ts';
import { findFailure } from './failure.ts';
import type { PoolOptions } from './pool.ts';

const BACKENDS = 6;
/** In ms. */
const [SHORT, LONG] = [2_000, 600_000];
const all = <T>(value: T) => Array<T>(BACKENDS).fill(value);

/** The statements of a transaction that stores a task with an idempotency key, on a new connection, as PostgreSQL logs them. The second select locks the owner. */
const whole = ['select', 'set', 'begin', 'select', 'insert into tasks', 'insert into idempotency_keys', 'commit'];
const [upToTheLock, upToTheTask] = [whole.slice(0, 4), whole.slice(0, 5)];

let own: OwnPostgres;
let superuserUrl: string;
beforeAll(async () => {
  own = await startOwnPostgres();
  superuserUrl = own.superuserUrl.replace(/[^/]+$/, 'todo');
  await applyMigrations(own.ownerUrl, own.appUrl);
  await configure(...logEverything, 'alter database todo set synchronous_commit = on');
});
afterAll(() => own[Symbol.asyncDispose]());

async function configure(...statements: string[]): Promise<void> {
  for (const statement of [...statements, 'select pg_reload_conf()']) await script(own.superuserUrl, statement);
}

let ada: UserId;
let others: UserId[];
let logged: number;
beforeEach(async () => {
  const add = () => addOwner({ ...own, superuserUrl });
  ada = await add();
  others = await Promise.all(Array.from({ length: BACKENDS }, add));
  logged = own.readLog().length;
});

/** The first words of the statements of each backend, in order, including backends whose client never logged in. */
const seen = () =>
  readBackends(own.readLog().slice(logged))
    .filter(({ user }) => user !== 'postgres')
    .map(({ statements }) => statements.map((text) => /^(insert into "?\w+|\w+)/.exec(text)?.[0].replace('"', '')));

function open(url: string, options: Partial<PoolOptions> = {}): Database {
  const database = openDatabase(url, { max: BACKENDS, maxPerOwner: BACKENDS, ...options });
  onTestFinished(() => database.close());
  return database;
}

const createTask = prepare((db) =>
  db.insert(newTasks).values({ userId: owner, id: sql`gen_random_uuid()`, title: sql.placeholder('title'), description: '', completedAt: null }),
);

/** Creates a task and resolves with the outcome. */
const create = (database: Database, title: string, whose = ada) =>
  database
    .as(whose, { mutation: { id: randomUUID(), digest: Buffer.alloc(32) } })
    .change(createTask, { title })
    .then(
      () => 'stored',
      (error: unknown) => findFailure(error)?.reason ?? error,
    );
const stored = async () =>
  (await inspect(superuserUrl, `select title from tasks where user_id in ('${[ada, ...others].join("', '")}') order by title`)).map(({ title }) => title);
const sessions = (where: string) => expect.poll(() => inspect(superuserUrl, `select from pg_stat_activity where usename = 'todo_app' and ${where}`));
const waitingFor = (event: string) => sessions(`'${event}' in (wait_event_type, wait_event)`);

/** Starts to store a task for each other owner while a lock blocks them, with the rest of their transactions unsent, and releases the lock after `work`. */
async function heldUp(database: Database, work: () => Promise<unknown>): Promise<unknown[]> {
  return withConnection(superuserUrl, async (connection) => {
    await connection.send([{ text: `begin; select from "user" where id in ('${others.join("', '")}') for update` }]);
    const creating = others.map((whose) => create(database, 'lost', whose));
    await waitingFor('Lock').toHaveLength(BACKENDS);
    await work();
    return Promise.all(creating);
  });
}

it('transactions that time out behind a stalled commit store nothing and open no second backend', async () => {
  await configure(`alter system set synchronous_standby_names = 'nobody'`);
  const database = open(own.appUrl, { answerTimeout: SHORT });
  const stalled = create(database, 'stalled');
  await waitingFor('SyncRep').toHaveLength(1);
  const behind = Array.from({ length: BACKENDS - 1 }, () => create(database, 'lost'));
  expect(await Promise.all([stalled, ...behind])).toEqual(['DATABASE_UNAVAILABLE', ...all('DEADLINE_EXCEEDED').slice(1)]);

  await configure('alter system reset synchronous_standby_names');
  expect(await create(database, 'next')).toBe('stored');
  const [first, ...cancelled] = seen();
  expect(first).toEqual(whole);
  const refused = [...upToTheLock, 'commit'];
  expect(cancelled.toSorted((a, b) => a.length - b.length)).toEqual([...all(refused).slice(2), [...refused, ...whole.slice(2)]]);
  // The commit was already sent, so the server commits although the client gave up.
  expect(await stored()).toEqual(['next', 'stalled']);
});

it('transactions whose backends are killed send nothing more and open no second backend', async () => {
  const database = open(own.appUrl);
  const kill = () => inspect(superuserUrl, `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'todo_app'`);
  expect(await heldUp(database, kill)).toEqual(all('DATABASE_UNAVAILABLE'));
  expect(await create(database, 'next')).toBe('stored');
  expect(seen()).toEqual([...all(upToTheTask), whole]);
  expect(await stored()).toEqual(['next']);
});

it('transactions on a link that carries nothing any more send nothing more and open no second backend', async () => {
  await using link = await openLink(own.appUrl);
  const database = open(link.url, { answerTimeout: SHORT });
  expect(await heldUp(database, async () => link.freeze())).toEqual(all('DATABASE_UNAVAILABLE'));
  link.thaw();
  await sessions('true').toEqual([]);
  expect(await create(database, 'next')).toBe('stored');
  expect(seen()).toEqual([...all(upToTheTask), whole]);
  expect(await stored()).toEqual(['next']);
});

it('a process ends by itself although its connection was given up on a link that carries nothing any more', async () => {
  await using link = await openLink(own.appUrl);
  const program = `
    const { Connection } = await import('${new URL('connection.ts', import.meta.url)}');
    const connection = await Connection.open('${link.url}', { connectTimeout: ${LONG}, answerTimeout: ${SHORT} });
    await connection.send([{ text: 'select pg_sleep(600)' }]).catch(({ reason }) => console.log(reason));`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  await waitingFor('PgSleep').toHaveLength(1);
  link.freeze();
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(output).toBe('DATABASE_UNAVAILABLE\n');
});

it.each([
  ['at once', (socket: Socket) => socket.end()],
  ['when it has read something', (socket: Socket) => socket.once('data', () => socket.end())],
])('a server that accepts and closes %s fails calls without waiting, and is connected to by one at a time, less and less often', async (_, close) => {
  const connections: number[] = [];
  const server = createServer((socket) => {
    connections.push(performance.now());
    socket.on('error', () => {});
    close(socket);
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const address = server.address();
  const url = `postgres://todo@127.0.0.1:${typeof address === 'object' ? address?.port : ''}/todo`;
  const database = open(url, { connectTimeout: LONG, acquireTimeout: LONG, answerTimeout: LONG });
  let calls = 0;
  for (const last = performance.now() + 1_500; performance.now() < last; calls += BACKENDS) {
    expect(await Promise.all(all(database).map((same) => create(same, 'lost')))).toEqual(all('DATABASE_UNAVAILABLE'));
  }
  expect(calls).toBeGreaterThan(20 * connections.length);
  const pauses = connections.slice(BACKENDS).map((at, i) => at - (connections[BACKENDS + i - 1] ?? 0));
  expect(Math.max(...pauses)).toBeGreaterThan(4 * Math.min(...pauses));
});
