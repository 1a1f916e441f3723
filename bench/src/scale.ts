import { saturate } from './closed-loop.ts';
import { operations, readIds } from './operations.ts';
import type { Person } from './people.ts';
import type { Sql } from './postgres.ts';
import type { ServerProcess } from './process.ts';
import { requestsOf } from './run.ts';
import { type MemoryResult, measureMemory } from './scale-memory.ts';
import { measurePeople, type PeopleResult } from './scale-people.ts';
import { type Effort, measureSizes, SIZES, type SizeResult } from './scale-size.ts';
import { type OnProgress, type Stage, setStage } from './stage.ts';
import { median } from './statistics.ts';
import { targetNamed } from './target.ts';

export interface Rates {
  title: string;
  /** Responses per second, over all rounds. */
  perSecond: { median: number; min: number; max: number };
}

export interface Scale {
  rounds: number;
  tasksPerPerson: number;
  people: PeopleResult[];
  sizes: SizeResult[];
  memory: MemoryResult[];
  owners: Rates[];
  processes: Rates[];
}

const CONNECTIONS = 32;
const TASKS_PER_PERSON = 100;
const OTHER_OWNERS = 9_000;

const ratesOf = (title: string, rates: number[]): Rates => ({
  title,
  perSecond: { median: Math.round(median(rates)), min: Math.round(Math.min(...rates)), max: Math.round(Math.max(...rates)) },
});

/** Responses per second of all these instances together, for one operation. */
async function rateOf(stage: Stage, servers: ServerProcess[], name: string, seconds: number): Promise<number> {
  const operation = operations.find((each) => each.name === name);
  if (!operation) throw new Error(`There is no operation ${name}.`);
  const ids = await readIds(stage.rows.ours, operation.people(stage), 5);
  const requests = await requestsOf(stage, { operation, target: targetNamed('ours') }, ids, 'scale', CONNECTIONS);
  const shares = servers.map((_, n) => requests.filter((_, i) => i % servers.length === n));
  const found = await Promise.all(servers.map(({ url }, n) => saturate(url, shares[n] ?? [], seconds)));
  return found.reduce((sum, { perSecond }) => sum + perSecond, 0);
}

/** Adds owners without a session, with ten tasks each, through the product's triggers. */
async function addOwners(sql: Sql, onProgress: OnProgress): Promise<void> {
  const BATCH_SIZE = 100;
  for (let added = 0; added < OTHER_OWNERS; added += BATCH_SIZE) {
    onProgress('adding owners', added / OTHER_OWNERS);
    await sql`
      insert into "user" (id, name, email, email_verified, created_at, updated_at)
      select id, 'Somebody', id || '@example.com', true, now(), now() from (select gen_random_uuid() as id from generate_series(1, ${BATCH_SIZE}::int)) made`;
    await sql`
      insert into tasks (user_id, id, title) select u.id, gen_random_uuid(), 'Task ' || n from "user" u, generate_series(1, 10) n
      where not exists (select from tasks t where t.user_id = u.id)`;
  }
  await sql`vacuum analyze`;
}

/** Measures the same users before and after many others are added. */
async function measureOwners(stage: Stage, server: ServerProcess, { rounds, seconds }: Effort, onProgress: OnProgress): Promise<Rates[]> {
  const people = stage.readers.length + stage.writers.length;
  const results: Rates[] = [];
  const measure = async (owners: number) => {
    for (const name of ['list', 'get', 'edit']) {
      const rates: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        onProgress(`${name} among ${owners} owners`, round / rounds);
        rates.push(await rateOf(stage, [server], name, seconds));
      }
      results.push(ratesOf(`${name}, ${owners.toLocaleString('en')} owners`, rates));
    }
  };
  await measure(people);
  await addOwners(stage.rows.ours, onProgress);
  await measure(people + OTHER_OWNERS);
  return results;
}

/** Compares one instance with two on the same database, in turn. */
async function measureProcesses(stage: Stage, server: ServerProcess, { rounds, seconds }: Effort, onProgress: OnProgress): Promise<Rates[]> {
  await using second = await stage.start('ours');
  await rateOf(stage, [second], 'list', seconds);
  const results: Rates[] = [];
  for (const name of ['list', 'get', 'edit']) {
    const rates: Record<'one' | 'two', number[]> = { one: [], two: [] };
    for (let round = 0; round < rounds; round += 1) {
      onProgress(`${name} in one process and in two`, round / rounds);
      rates.one.push(await rateOf(stage, [server], name, seconds));
      rates.two.push(await rateOf(stage, [server, second], name, seconds));
    }
    results.push(ratesOf(`${name}, one process`, rates.one), ratesOf(`${name}, two processes`, rates.two));
  }
  return results;
}

const everybody = ({ readers, writers }: Stage): Person[] => [...readers, ...writers];

/** Measures the product alone: by tasks per owner, number of owners, active users, processes, and memory. */
export async function runScale(cleanUp: AsyncDisposableStack, options: Effort & { people: number; binDir: string | undefined }, onProgress: OnProgress) {
  const owners = Math.ceil(options.people / 2);
  const stage = await setStage(
    cleanUp,
    { servers: ['ours'], owners, tasksPerOwner: TASKS_PER_PERSON, extraOwners: SIZES, poolSize: 10, binDir: options.binDir },
    onProgress,
  );
  const { ours } = stage.servers;
  if (!ours) throw new Error('The server is not running.');
  const sizes = await measureSizes(stage, ours.url, options, onProgress);
  const people: PeopleResult[] = [];
  for (const count of [100, everybody(stage).length]) {
    for (const factor of [1, 3]) {
      onProgress(`${count} active users`, people.length / 4);
      people.push(await measurePeople(stage, ours, count, factor, 5 * options.seconds));
    }
  }
  onProgress('measuring memory', 0);
  const memory = await measureMemory(stage, ours);
  const processes = await measureProcesses(stage, ours, options, onProgress);
  const { rounds } = options;
  const scale: Scale = {
    rounds,
    tasksPerPerson: TASKS_PER_PERSON,
    sizes,
    people,
    memory,
    processes,
    owners: await measureOwners(stage, ours, options, onProgress),
  };
  return { scale, stage };
}
