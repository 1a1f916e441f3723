import { measure, type Plan, readAllIds, requestsOf, type Sample } from './measure.ts';
import { operations } from './operations.ts';
import type { Sql } from './postgres.ts';
import type { ServerProcess } from './process.ts';
import { type Figures, figuresOf } from './results.ts';
import { type MemoryResult, measureMemory } from './scale-memory.ts';
import { measurePeople, type PeopleResult } from './scale-people.ts';
import { groupOf, measureSizes, SIZES, type SizeResult } from './scale-size.ts';
import { targetNamed } from './target.ts';
import { type OnProgress, startTestBed, type TestBed } from './testbed.ts';

export interface OperationResult extends Figures {
  title: string;
}

export interface Scale {
  plan: Plan;
  tasksPerPerson: number;
  sizes: SizeResult[];
  people: PeopleResult[];
  memory: MemoryResult[];
  processes: OperationResult[];
  owners: OperationResult[];
}

const TASKS_PER_PERSON = 100;
const OTHER_OWNERS = 9_000;
const MEASURED = ['list', 'get', 'edit'];

/** The figures that can be marked as noisy. */
export const figuresIn = ({ people, processes, owners }: Scale) => [...people, ...processes, ...owners].map(({ title, noisy }) => ({ name: title, noisy }));

/** One round of one operation, on these instances together. */
async function roundOf(bed: TestBed, servers: ServerProcess[], name: string, plan: Plan, salt: string): Promise<Sample> {
  const operation = operations.find((each) => each.name === name);
  if (!operation) throw new Error(`There is no operation ${name}.`);
  const pair = { operation, target: targetNamed('ours') };
  const ids = await readAllIds(bed, [pair], 5);
  return measure(bed, servers, await requestsOf(bed, pair, ids, salt), { connections: plan.connections, seconds: plan.seconds });
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

/** Measures each operation on each set of instances, in interleaved rounds. */
async function measureOperations(bed: TestBed, sets: Record<string, ServerProcess[]>, plan: Plan, onProgress: OnProgress): Promise<OperationResult[]> {
  const none = (): Sample[] => [];
  const runs = MEASURED.flatMap((name) => Object.entries(sets).map(([set, servers]) => ({ name, set, servers, samples: none() })));
  for (let round = 0; round < plan.rounds; round += 1) {
    for (const [i, { name, set, servers, samples }] of runs.entries()) {
      onProgress(`${name}, ${set}`, (round + i / runs.length) / plan.rounds);
      samples.push(await roundOf(bed, servers, name, plan, `round ${round}, ${set}`));
    }
  }
  return runs.map(({ name, set, samples }) => ({ title: `${name}, ${set}`, ...figuresOf(samples) }));
}

/** Measures the same users before and after many others are added. */
async function measureOwners(bed: TestBed, count: number, plan: Plan, onProgress: OnProgress): Promise<OperationResult[]> {
  const servers = [bed.server('ours')];
  const label = (owners: number) => `${owners.toLocaleString('en')} owners`;
  const before = await measureOperations(bed, { [label(count)]: servers }, plan, onProgress);
  await addOwners(bed.rows.ours, onProgress);
  return [...before, ...(await measureOperations(bed, { [label(count + OTHER_OWNERS)]: servers }, plan, onProgress))];
}

/** Compares one instance with two on the same database. */
async function measureProcesses(bed: TestBed, plan: Plan, onProgress: OnProgress): Promise<OperationResult[]> {
  const first = bed.server('ours');
  await using second = await bed.start('ours');
  onProgress('warming up both processes', 0);
  for (const name of MEASURED) await roundOf(bed, [first, second], name, { ...plan, seconds: Math.ceil(plan.warmUpSeconds / MEASURED.length) }, 'warm-up');
  return await measureOperations(bed, { 'one process': [first], 'two processes': [first, second] }, plan, onProgress);
}

interface ScaleOptions {
  people: number;
  poolSize: number;
  binDir: string | undefined;
}

/** Measures the product alone: by tasks per owner, active users, memory, processes and number of owners. */
export async function runScale(cleanUp: AsyncDisposableStack, plan: Plan, { people, ...options }: ScaleOptions, onProgress: OnProgress) {
  const half = { people: people / 2, tasks: TASKS_PER_PERSON };
  const sizes = SIZES.map((size) => [groupOf(size), { people: 1, tasks: size, due: 'once' }]);
  const groups = { readers: half, writers: half, ...Object.fromEntries(sizes) };
  const bed = await startTestBed(cleanUp, { comparisons: [], groups, ...options }, onProgress);
  const everybody = [...bed.people('readers'), ...bed.people('writers')];
  const measuredSizes = await measureSizes(bed, plan, onProgress);
  const active: PeopleResult[] = [];
  for (const count of new Set([100, people])) {
    for (const factor of [1, 3, 10]) {
      onProgress(`${count} active users, ${factor} times as busy`, 0);
      active.push(await measurePeople(bed, everybody.slice(0, count), factor, 10 * plan.seconds));
    }
  }
  onProgress('measuring memory', 0);
  const memory = await measureMemory(bed, everybody);
  const processes = await measureProcesses(bed, plan, onProgress);
  const owners = await measureOwners(bed, people, plan, onProgress);
  const scale: Scale = { plan, tasksPerPerson: TASKS_PER_PERSON, sizes: measuredSizes, people: active, memory, processes, owners };
  return { scale, sql: bed.rows.ours };
}
