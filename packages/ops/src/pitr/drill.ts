import { randomBytes } from 'node:crypto';
import { existsSync, globSync } from 'node:fs';
import { dirname } from 'node:path';
import { assertSchema, migrate } from '@todo/db/migrate/assert-schema';
import { startProduct } from '../product.ts';
import { printSteps, type Step, thenStop } from '../steps.ts';
import { ARCHIVE_TIMEOUT_SECONDS, ArchivedCluster, PGBACKREST } from './archived-cluster.ts';
import { differences, emails, enter, readState, type State, work } from './people.ts';

interface Drill {
  cluster: ArchivedCluster;
  secret: string;
  step: Step;
}

async function nextSecond(cluster: ArchivedCluster): Promise<string> {
  const text = `
    select second::text, pg_sleep_until(second + interval '10 ms')
    from (select date_trunc('second', clock_timestamp()) + interval '1 second' as second offset 0) next`;
  const [[second = ''] = []] = await cluster.ask(text);
  return second;
}

/** Deletes every account with all tasks and logs, which the history cannot restore. */
async function deleteAll(cluster: ArchivedCluster): Promise<void> {
  await cluster.ask('delete from "user"', 'todo');
  const [[left] = []] = await cluster.ask('select (select count(*) from tasks) + (select count(*) from events)', 'todo');
  if (left !== '0') throw new Error(`The delete left ${left} rows.`);
}

async function setUp({ cluster, step }: Drill): Promise<void> {
  await step('temporary server, migrated', async () => {
    await cluster.start();
    await cluster.createDatabase();
    await migrate(cluster.urls.ownerUrl, cluster.urls.appUrl);
  });
  await step('stanza-create and check: the write-ahead log is archived', async () => {
    await cluster.pgbackrest('stanza-create');
    await cluster.pgbackrest('check');
  });
}

/** Makes changes and returns the state at the chosen second; then makes a change that must not be restored, and deletes everything. */
async function live({ cluster, secret, step }: Drill): Promise<{ before: State; target: string }> {
  await using product = await startProduct(cluster.urls.appUrl, secret);
  const people = await enter(product, 'sign-up');
  await work(people);
  await step('full backup', () => cluster.pgbackrest('backup', '--type=full'));
  await step(`changes by ${people.length} users after the backup`, () => work(people));
  const before = await readState(people, cluster.urls.ownerUrl);
  const target = await nextSecond(cluster);
  await step(`${target} is the chosen second; one more task, then a delete of all ${people.length} accounts with ${before.tasks} tasks`, async () => {
    for (const person of people.slice(0, 1)) await person.change('tasks.create', { title: 'After the chosen second' });
    await deleteAll(cluster);
  });
  return { before, target };
}

/** Throws unless rules, rights, logs and everything that users see are as before. */
async function assertState({ cluster, secret }: Drill, before: State): Promise<void> {
  await assertSchema(cluster.urls.appUrl);
  await using product = await startProduct(cluster.urls.appUrl, secret);
  const after = await readState(await enter(product, 'sign-in'), cluster.urls.ownerUrl);
  const parts = differences(before, after);
  if (parts.length > 0) throw new Error(`Not restored correctly: ${parts.join(', ')}.`);
}

async function run(drill: Drill, print: (line: string) => void): Promise<void> {
  const { cluster, step } = drill;
  await setUp(drill);
  const { before, target } = await live(drill);
  const archiving = await step('the delete is archived too', () => cluster.pgbackrest('check'));
  await step('the server is killed and its data folder removed', () => cluster.destroy());
  const recovery = [
    await step(`pgbackrest restore --type=time --target="${target}" --target-action=promote`, () => cluster.restore(target)),
    await step('PostgreSQL has recovered to that second and accepts writes', () => cluster.start()),
    await step(`rules and rights as migrated, all ${emails.length} logs sound, all users signed in, all ${before.tasks} tasks and their counts as before`, () =>
      assertState(drill, before),
    ),
  ].reduce((sum, { seconds }) => sum + seconds, 0);
  print(
    `RPO: 0 s before the chosen second. If the server is lost, up to ${ARCHIVE_TIMEOUT_SECONDS} s (archive_timeout) plus the time to archive, here ${archiving.seconds.toFixed(1)} s, may be missing.`,
  );
  print(`RTO: ${recovery.toFixed(1)} s from the start of the restore until users were served and everything was checked.`);
}

/** The folder of Debian's newest PostgreSQL. */
const newestPostgres = () =>
  globSync('/usr/lib/postgresql/*/bin/initdb')
    .map(dirname)
    .sort(new Intl.Collator('en', { numeric: true }).compare)
    .at(-1);

/** Archives a temporary server, deletes everything in it, destroys it, and restores it to the second before the deletion. Throws when anything differs. */
export async function pitrDrill(print: (line: string) => void = console.log): Promise<void> {
  const binDir = newestPostgres();
  const missing = [...(binDir ? [] : ['postgresql']), ...(existsSync(PGBACKREST) ? [] : ['pgbackrest'])];
  if (!binDir || missing.length > 0) return print(`Skipped: programs are missing. Run "apt-get install ${missing.join(' ')}" and try again.`);
  const cluster = await ArchivedCluster.create(binDir);
  const drill: Drill = { cluster, secret: randomBytes(32).toString('hex'), step: printSteps(print) };
  await thenStop(
    () => cluster.remove(),
    () => run(drill, print),
  );
}
