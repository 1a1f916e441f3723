import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { createTestDatabase, freePort, inspect, script, type TestDatabase } from '@todo/db/testing';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { ADDRESS_HEADER, addressOf, attacks } from '../testing/load/attacks.ts';
import { percentile, type Seen, watch } from '../testing/load/bystander.ts';
import { type Program, start, stop } from '../testing/program.ts';

const isLong = inject('drills') === 'long';
/** How long each attack lasts, in ms. */
const DURATION = isLong ? 10_000 : 700;
/** In ms. Beside the rest of the suite the test itself may have to wait for a processor. */
const READY_WITHIN = isLong ? 1_000 : 60_000;
const MEMORY_MAX_MB = 400;
const LOG_MAX_BYTES_PER_SECOND = 250_000;
/** Tasks of the attacker: short ones to search and rewind, and large ones to read. */
const [SHORT_TASKS, LARGE_TASKS] = isLong ? [50_000, 500] : [2_000, 100];
const PASSWORD = 'correct horse battery';

let database: TestDatabase;
let program: Program;
let port: number;
let logBytes = 0;
beforeAll(async () => {
  database = await createTestDatabase();
  port = await freePort();
  program = await start({
    PORT: String(port),
    DATABASE_URL: database.appUrl,
    DATABASE_MIGRATION_URL: database.ownerUrl,
    BETTER_AUTH_SECRET: randomUUID().repeat(2),
    CLIENT_ADDRESS_FROM: ADDRESS_HEADER,
  });
  // Before the attacks: afterwards passwords may still wait to be hashed.
  for (const _ of Object.keys(attacks)) people.push(await signUp('Ada'), await signUp('Eve'));
  for (const stream of [program.child.stdout, program.child.stderr]) stream?.on('data', (chunk: Buffer) => (logBytes += chunk.length));
});
afterAll(async () => {
  await stop(program, 'SIGKILL');
  await database[Symbol.asyncDispose]();
  if (isLong) console.log(table());
});

const signedUp = z.object({ user: z.object({ id: z.string() }) });

interface Person {
  id: string;
  headers: { authorization: string };
}

const people: Person[] = [];

/** Signs somebody up from another address than everybody else. */
async function signUp(name: string): Promise<Person> {
  const body = JSON.stringify({ name, email: `${randomUUID()}@example.com`, password: PASSWORD });
  const headers = { 'content-type': 'application/json', [ADDRESS_HEADER]: addressOf(1_000_000 + people.length) };
  const answer = await fetch(`${program.url}/api/auth/sign-up/email`, { method: 'POST', headers, body });
  const { user } = signedUp.parse(await answer.json());
  return { id: user.id, headers: { authorization: `Bearer ${answer.headers.get('set-auth-token')}` } };
}

async function addTasks(userId: string): Promise<string> {
  const insert = (n: number, description: string) =>
    script(
      database.superuserUrl,
      `insert into tasks (user_id, id, title, description) select '${userId}', gen_random_uuid(), 'Task ' || n, ${description} from generate_series(1, ${n}) n`,
    );
  await insert(SHORT_TASKS, `'d'`);
  await insert(LARGE_TASKS, `repeat('😀', 10000)`);
  const [task] = await inspect(database.superuserUrl, `select id from tasks where user_id = '${userId}' limit 1`);
  return String(task?.id);
}

const results: { name: string; alone: Seen; beside: Seen; bytes: number; rounds: number }[] = [];

const row = (cells: (string | number)[]) => `| ${cells.join(' | ')} |`;
const ms = (seen: Seen) => percentile(seen.latencies, 0.95).toFixed(0);

/** The results as a table for docs/limits.md. */
const table = () =>
  [
    row(['One attacker', 'p95 of others alone, ms', 'p95 beside it, ms', 'failures', 'not ready', 'memory, MB', 'log, kB/s', 'attacks a second']),
    row(['---', '---:', '---:', '---:', '---:', '---:', '---:', '---:']),
    ...results.map(({ name, alone, beside, bytes, rounds }) => {
      const seconds = DURATION / 1_000;
      const figures = [ms(alone), ms(beside), beside.failures.length, beside.unready.length];
      return row([name, ...figures, beside.memory.toFixed(0), (bytes / seconds / 1_000).toFixed(1), (rounds / seconds).toFixed(0)]);
    }),
  ].join('\n');

async function during(work: (isOver: () => boolean) => Promise<Seen>): Promise<Seen> {
  let isOver = false;
  const seen = work(() => isOver);
  await delay(DURATION);
  isOver = true;
  return seen;
}

it.each(Object.keys(attacks))('%s fail nobody else, and take no more than their share of memory and log', async (name) => {
  const [victim, attacker] = people.splice(0, 2);
  if (!victim || !attacker) throw new Error('Nobody is signed up.');
  const taskId = await addTasks(attacker.id);
  const watched = { url: program.url, pid: program.child.pid ?? 0, headers: victim.headers };
  const alone = isLong ? await during((isOver) => watch(watched, READY_WITHIN, isOver)) : { latencies: [], failures: [], unready: [], memory: 0 };

  const before = logBytes;
  const workerData = { name, port, taskId, ...attacker.headers };
  const worker = new Worker(new URL('../testing/load/attacker.ts', import.meta.url), { workerData });
  const failed = once(worker, 'error').then(([error]) => Promise.reject(error));
  const beside = await Promise.race([during((isOver) => watch(watched, READY_WITHIN, isOver)), failed]);
  const ended = once(worker, 'message');
  worker.postMessage('stop');
  const [rounds] = await ended;
  await worker.terminate();
  results.push({ name, alone, beside, bytes: logBytes - before, rounds });

  expect(beside.failures).toEqual([]);
  expect(beside.unready).toEqual([]);
  expect(beside.latencies.length).toBeGreaterThan(0);
  expect(beside.memory).toBeLessThan(MEMORY_MAX_MB);
  expect(logBytes - before).toBeLessThan((LOG_MAX_BYTES_PER_SECOND * DURATION) / 1_000 + LOG_MAX_BYTES_PER_SECOND);
  expect(rounds).toBeGreaterThan(0);
});
