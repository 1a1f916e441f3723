import { parseArgs } from 'node:util';
import { operations } from './operations.ts';
import { openProgress } from './progress.ts';
import { nameOf, pairsOf, runRounds } from './run.ts';
import { serverNames, setStage } from './stage.ts';
import { median, medianOf } from './statistics.ts';
import { targets } from './target.ts';

const usage = `pnpm bench [options]
  --quick            fewer people, one short round: to see that it works
  --only LIST        operations, such as list,get
  --servers LIST     of ${targets.map(({ name }) => name).join(', ')}
  --rounds N         interleaved rounds (5)
  --seconds N        of each measurement (4)`;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    servers: { type: 'string', default: '' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

/** Those that a list names; all of them when it names none. */
function chosen<T extends { name: string }>(among: T[], list: string): T[] {
  const names = list.split(',').filter(Boolean);
  const unknown = names.find((name) => !among.some((each) => each.name === name));
  if (unknown !== undefined) throw new Error(`There is no ${unknown}. Choose from: ${among.map(({ name }) => name).join(', ')}`);
  return names.length > 0 ? among.filter(({ name }) => names.includes(name)) : among;
}

async function bench(cleanUp: AsyncDisposableStack): Promise<void> {
  const chosenTargets = chosen(targets, values.servers);
  const pairs = pairsOf(chosen(operations, values.only), chosenTargets);
  const { tell, end } = openProgress(process.stderr);
  const quick = values.quick ? { owners: 32, rounds: 1, seconds: 2 } : { owners: 100, rounds: 5, seconds: 4 };
  const plan = { connections: 32, idsPerPerson: 20, rounds: Number(values.rounds ?? quick.rounds), seconds: Number(values.seconds ?? quick.seconds) };
  const servers = serverNames.filter((name) => chosenTargets.some(({ server }) => server === name));
  const options = {
    servers,
    owners: quick.owners,
    tasksPerOwner: 1_000,
    extraOwners: [10_000],
    poolSize: 10,
    binDir: process.env.TODO_POSTGRES_BIN || undefined,
  };
  const stage = await setStage(cleanUp, options, tell);
  const samples = await runRounds(stage, pairs, plan, tell);
  end();
  for (const pair of pairs) {
    const own = samples.get(nameOf(pair)) ?? [];
    const rates = own.map(({ perSecond }) => perSecond);
    const round = (value: number | undefined) => (value === undefined ? '–' : Math.round(value));
    console.log(
      nameOf(pair).padEnd(24),
      `${round(median(rates))}/s (${round(Math.min(...rates))}–${round(Math.max(...rates))})`.padEnd(24),
      `server ${round(medianOf(own, ({ serverCpu }) => serverCpu))} µs, PostgreSQL ${round(medianOf(own, ({ databaseCpu }) => databaseCpu))} µs`,
      `${round(medianOf(own, ({ bytes }) => bytes))} bytes`,
    );
  }
}

async function main(): Promise<void> {
  const cleanUp = new AsyncDisposableStack();
  const interrupted = new Promise<never>((_, reject) => process.once('SIGINT', () => reject(new Error('interrupted'))));
  try {
    await Promise.race([bench(cleanUp), interrupted]);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  } finally {
    await cleanUp.disposeAsync();
  }
}

if (values.help) console.log(usage);
else await main().then(() => process.exit());
