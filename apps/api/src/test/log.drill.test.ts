import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '@todo/db/testing';
import { createTRPCClient, httpLink, type TRPCClient, TRPCClientError } from '@trpc/client';
import { afterEach, expect, inject, it } from 'vitest';
import type { AppRouter } from '../router.ts';
import { createDataDir, type Program, start, stop } from '../testing/program.ts';

const cli = join(import.meta.dirname, '..', '..', '..', '..', 'packages', 'ops', 'src', 'cli.ts');

const dirs: ReturnType<typeof createDataDir>[] = [];
let program: Program | undefined;
afterEach(async () => {
  if (program) await stop(program, 'SIGKILL');
  for (const dir of dirs.splice(0)) dir[Symbol.dispose]();
});

type Client = TRPCClient<AppRouter>;

/** A requested change, and whether it was acknowledged. */
interface Change {
  events: number;
  acknowledged: boolean;
}

interface Person {
  client: Client;
  /** By mutation id. */
  changes: Map<string, Change>;
}

async function signUp(url: string, name: string): Promise<Person> {
  const body = JSON.stringify({ name, email: `${name}@example.com`, password: 'correct horse battery' });
  const response = await fetch(`${url}/api/auth/sign-up/email`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const authorization = `Bearer ${response.headers.get('set-auth-token')}`;
  return { client: createTRPCClient<AppRouter>({ links: [httpLink({ url: `${url}/trpc`, headers: { authorization } })] }), changes: new Map() };
}

/** Whether the error leaves open if the change was applied. */
const isOpen = (error: unknown) => error instanceof TRPCClientError && [undefined, 'DATABASE_UNAVAILABLE'].includes(error.data?.reason);

/** Changes a user's tasks until stopped. Any error except a lost response ends it. */
class Writer {
  readonly #person: Person;
  /** Whether it retries a change until it is acknowledged. */
  readonly #insists: boolean;
  stopped = false;

  constructor(person: Person, insists: boolean) {
    this.#person = person;
    this.#insists = insists;
  }

  /** Requests a change of `events` tasks with a new mutation id. Returns false if the outcome is unknown. */
  async #ask(events: number, call: (mutationId: string) => Promise<unknown>): Promise<boolean> {
    const mutationId = randomUUID();
    const change = { events, acknowledged: false };
    this.#person.changes.set(mutationId, change);
    do {
      try {
        await call(mutationId);
        change.acknowledged = true;
      } catch (error) {
        if (!isOpen(error)) throw error;
        await delay(50);
      }
    } while (!change.acknowledged && this.#insists);
    return change.acknowledged;
  }

  async run(): Promise<void> {
    const { tasks } = this.#person.client;
    while (!this.stopped) {
      const [id, second] = [randomUUID(), randomUUID()];
      const ids = [id, second];
      const story = [
        () => this.#ask(2, (mutationId) => tasks.createMany.mutate({ tasks: ids.map((id) => ({ id, title: 'Buy milk' })), mutationId })),
        () => this.#ask(1, (mutationId) => tasks.edit.mutate({ id, title: 'Buy oat milk', mutationId })),
        () => this.#ask(2, (mutationId) => tasks.completeMany.mutate({ ids, mutationId })),
        () => this.#ask(1, (mutationId) => tasks.remove.mutate({ id: second, mutationId })),
        () => this.#ask(1, (mutationId) => tasks.restore.mutate({ id: second, mutationId })),
      ];
      for (const step of story) if (this.stopped || !(await step())) break;
    }
  }
}

const acknowledged = (people: Person[]) => people.flatMap(({ changes }) => [...changes.values()]).filter((change) => change.acknowledged).length;

/** A user's log, oldest event first. */
async function readLog({ client }: Person) {
  const events: { seq: number; mutationId: string | null }[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page: { items: typeof events; nextCursor: string | null } = await client.history.list.query({ limit: 200, ...(cursor && { cursor }) });
    events.push(...page.items);
    cursor = page.nextCursor;
  }
  return events.reverse();
}

/** Each acknowledged change is in the log once and complete; any other is so too, or absent. */
function checkLog({ changes }: Person, log: Awaited<ReturnType<typeof readLog>>): void {
  expect(log.map(({ seq }) => seq)).toEqual(log.map((_, i) => i + 1));
  const found = new Map<string | null, number>();
  for (const { mutationId } of log) found.set(mutationId, (found.get(mutationId) ?? 0) + 1);
  const wrong = [...changes].filter(([id, { events, acknowledged }]) => {
    const count = found.get(id);
    return acknowledged || count !== undefined ? count !== events : false;
  });
  expect(wrong).toEqual([]);
  expect([...found.keys()].filter((id) => id === null || !changes.has(id))).toEqual([]);
}

/** Restarting the API takes longest, so the database is killed more often. */
const rounds = ['database', 'database, api', 'database', 'api', 'database', 'database', 'api, database', 'database'];
const order = inject('drills') === 'long' ? Array.from({ length: 5 }, () => rounds).flat() : rounds.slice(0, 4);
const KILLS = order.join().split(',').length;

it(`after ${KILLS} kills of the API and the database in the midst of writes, the log contains every acknowledged change exactly once`, async () => {
  const dir = createDataDir();
  dirs.push(dir);
  const settings = { TODO_DATA_DIR: dir.path, PORT: String(await freePort()), CALLS_PER_MINUTE: '0' };
  program = await start(settings);
  const people = await Promise.all(['ada', 'bob', 'eve'].map((name) => signUp(program?.url ?? '', name)));
  const writers = people.flatMap((person) => [new Writer(person, true), new Writer(person, false)]);
  const ends = Promise.all(writers.map((writer) => writer.run()));

  let kills = 0;
  for (const victims of order) {
    const enough = acknowledged(people) + 15;
    while (acknowledged(people) < enough) await Promise.race([delay(5), ends]);
    const api = program;
    const kill: Record<string, () => void> = { api: () => api.child.kill('SIGKILL'), database: () => process.kill(dir.postgresPid() ?? 0, 'SIGKILL') };
    for (const victim of victims.split(', ')) {
      kill[victim]?.();
      kills += 1;
    }
    if (!victims.includes('api')) continue;
    expect(await api.exit).toBe('SIGKILL');
    program = await start(settings);
  }
  expect(kills).toBe(KILLS);

  for (const writer of writers) writer.stopped = true;
  await ends;
  let events = 0;
  for (const person of people) {
    const log = await readLog(person);
    events += log.length;
    checkLog(person, log);
  }
  const env = { PATH: process.env.PATH, TODO_DATA_DIR: dir.path };
  const verified = await promisify(execFile)(process.execPath, [cli, 'verify-log'], { env });
  expect(verified.stdout).toContain(`3 logs with ${events.toLocaleString('en')} events: sound`);
  const unacknowledged = people.flatMap(({ changes }) => [...changes.values()]).length - acknowledged(people);
  expect(unacknowledged).toBeGreaterThan(0);
  expect(await stop(program)).toBe(0);
});
