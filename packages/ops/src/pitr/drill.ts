import { randomBytes } from 'node:crypto';
import { assertSchema, migrate } from '@todo/db/migrate/migrate';
import { startProduct } from '../product.ts';
import { ARCHIVE_TIMEOUT_SECONDS, ArchivedCluster } from './archived-cluster.ts';
import { differences, emails, enter, readState, type State, work } from './people.ts';
import { findPrograms, type Programs } from './programs.ts';

/** Tells what a step has done, with how long it took in seconds; answers that. */
type Step = (what: string, work: () => Promise<unknown>) => Promise<number>;

interface Drill {
  cluster: ArchivedCluster;
  secret: string;
  step: Step;
}

/** Waits for a full second of the database's clock, and answers it. */
async function nextSecond(cluster: ArchivedCluster): Promise<string> {
  const text = `
    select second::text, pg_sleep_until(second + interval '10 ms')
    from (select date_trunc('second', clock_timestamp()) + interval '1 second' as second offset 0) next`;
  const [[second = ''] = []] = await cluster.ask(text);
  return second;
}

/** Deletes every account, with all tasks and logs: what no history brings back. */
async function deleteAll(cluster: ArchivedCluster): Promise<void> {
  await cluster.ask('delete from "user"', 'todo');
  const [[left] = []] = await cluster.ask('select (select count(*) from tasks) + (select count(*) from events)', 'todo');
  if (left !== '0') throw new Error(`The bad delete has left ${left} rows.`);
}

async function setUp({ cluster, step }: Drill): Promise<void> {
  await step('a server of its own, migrated', async () => {
    await cluster.start();
    await cluster.createDatabase();
    await migrate(cluster.ownerUrl, cluster.appUrl);
  });
  await step('stanza-create and check: its log is archived', async () => {
    await cluster.pgbackrest('stanza-create');
    await cluster.pgbackrest('check');
  });
}

/** What people had at the chosen second, and that second; afterwards a change that must not come back, and the bad delete. */
async function live({ cluster, secret, step }: Drill): Promise<{ before: State; target: string }> {
  await using product = await startProduct(cluster.appUrl, secret);
  const people = await enter(product, 'sign-up');
  await work(people);
  await step('a full backup', () => cluster.pgbackrest('backup', '--type=full'));
  await step(`${people.length} people at work after the backup`, () => work(people));
  const before = await readState(people, cluster.ownerUrl);
  const target = await nextSecond(cluster);
  await step(`${target} is the chosen second; one more task, then a delete of all ${people.length} accounts with ${before.tasks} tasks`, async () => {
    for (const person of people.slice(0, 1)) await person.change('tasks.create', { title: 'After the chosen second' });
    await deleteAll(cluster);
  });
  return { before, target };
}

/** Throws unless rules, rights, logs and all that people see are as they were. */
async function assertState({ cluster, secret }: Drill, before: State): Promise<void> {
  await assertSchema(cluster.appUrl);
  await using product = await startProduct(cluster.appUrl, secret);
  const after = await readState(await enter(product, 'sign-in'), cluster.ownerUrl);
  const parts = differences(before, after);
  if (parts.length > 0) throw new Error(`Not as it was: ${parts.join(', ')}.`);
}

async function run(drill: Drill, print: (line: string) => void): Promise<void> {
  const { cluster, step } = drill;
  await setUp(drill);
  const { before, target } = await live(drill);
  const archiving = await step('the delete has reached the archive too', () => cluster.pgbackrest('check'));
  await step('the server is killed and its data folder removed', () => cluster.destroy());
  const times = [
    await step(`pgbackrest restore --type=time --target="${target}" --target-action=promote`, () => cluster.restore(target)),
    await step('PostgreSQL has recovered up to that second and takes changes', () => cluster.start()),
    await step(
      `rules and rights as migrated, all ${emails.length} logs sound, everybody signed in, all ${before.tasks} tasks and their counts as they were`,
      () => assertState(drill, before),
    ),
  ];
  const recovery = times.reduce((sum, time) => sum + time, 0);
  print(
    `RPO: 0 s before the chosen second. Of a lost server the last ${ARCHIVE_TIMEOUT_SECONDS} s (archive_timeout) may be missing, and what archiving takes: ${archiving.toFixed(1)} s here.`,
  );
  print(`RTO: ${recovery.toFixed(1)} s from the order to restore to people served and everything checked.`);
}

async function runOn(programs: Programs, print: (line: string) => void): Promise<void> {
  const cluster = await ArchivedCluster.create(programs);
  const interrupted = () => process.exit(1);
  const remove = () => cluster.remove();
  process.once('exit', remove).once('SIGINT', interrupted).once('SIGTERM', interrupted);
  const step: Step = async (what, act) => {
    const start = performance.now();
    await act();
    const seconds = (performance.now() - start) / 1000;
    print(`${seconds.toFixed(1).padStart(6)} s  ${what}`);
    return seconds;
  };
  try {
    await run({ cluster, secret: randomBytes(32).toString('hex'), step }, print);
  } finally {
    process.off('exit', remove).off('SIGINT', interrupted).off('SIGTERM', interrupted);
    remove();
  }
}

/**
 * Archives a scratch server, deletes everything in it, loses it, and restores it to the second before. Throws when anything is not as it was.
 * Without the programs it tells which packages to install.
 */
export async function pitrDrill(print: (line: string) => void = console.log): Promise<void> {
  const { programs, missing } = { programs: undefined, ...findPrograms() };
  if (programs) return runOn(programs, print);
  print(`Skipped, nothing is proven: install what is missing with "apt-get install ${missing.join(' ')}" and run it again.`);
}
