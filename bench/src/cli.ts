import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeRun } from './about.ts';
import { runLatencies } from './latency.ts';
import { operations } from './operations.ts';
import { openProgress } from './progress.ts';
import { drawLatency, drawThroughput, writeMarkdown } from './report.ts';
import { disturbanceOf, summarise } from './results.ts';
import { type Plan, pairsOf, runRounds } from './run.ts';
import { runScale } from './scale.ts';
import { writeScale } from './scale-report.ts';
import { serverNames, setStage } from './stage.ts';
import { targets } from './target.ts';
import { countWork } from './work.ts';

const usage = `pnpm bench [options]         the product and the comparisons
pnpm bench scale [options]   the product alone: sizes, people, processes, memory
  --quick            fewer users and one short round, to check that it works
  --people N         signed-in users, for scale (1000)
  --only LIST        only these operations, such as list,get
  --servers LIST     only these servers: ${targets.map(({ name }) => name).join(', ')}
  --rounds N         number of interleaved rounds (5)
  --seconds N        duration of each measurement (4)
  --no-latency       measure only saturation
  --out FOLDER       where to write README.md, results.json and the charts, such as docs/benchmarks`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    people: { type: 'string' },
    only: { type: 'string', default: '' },
    servers: { type: 'string', default: '' },
    'no-latency': { type: 'boolean', default: false },
    out: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

/** The items that a comma-separated list names; all for an empty list. */
function chosen<T extends { name: string }>(items: T[], list: string): T[] {
  const names = list.split(',').filter(Boolean);
  const unknown = names.find((name) => !items.some((each) => each.name === name));
  if (unknown !== undefined) throw new Error(`Unknown name ${unknown}. Choose from: ${items.map(({ name }) => name).join(', ')}`);
  return names.length > 0 ? items.filter(({ name }) => names.includes(name)) : items;
}

/** Prints a page, and writes the files to the folder of --out. */
function publish(page: string, files: Record<string, string>): void {
  console.log(page);
  if (values.out === undefined) return;
  mkdirSync(values.out, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(values.out, name), content);
}

const given = (value: string | undefined, fallback: number) => (value === undefined ? fallback : Number(value));
const asText = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
const binDir = process.env.TODO_POSTGRES_BIN || undefined;
const { onProgress, end } = openProgress(process.stderr);

async function scale(cleanUp: AsyncDisposableStack): Promise<void> {
  const size = values.quick ? { people: 100, rounds: 1, seconds: 1 } : { people: 1_000, rounds: 5, seconds: 3 };
  const effort = { rounds: given(values.rounds, size.rounds), seconds: given(values.seconds, size.seconds) };
  const { scale, stage } = await runScale(cleanUp, { ...effort, people: given(values.people, size.people), binDir }, onProgress);
  const about = await describeRun(stage.rows.ours, process.argv.slice(2));
  end();
  const page = writeScale(about, scale);
  publish(page, { 'scale.md': page, 'scale.json': asText({ about, scale }) });
}

async function bench(cleanUp: AsyncDisposableStack): Promise<void> {
  const chosenTargets = chosen(targets, values.servers);
  const pairs = pairsOf(chosen(operations, values.only), chosenTargets);
  const size = values.quick ? { owners: 32, rounds: 1, latencyRounds: 1, seconds: 2 } : { owners: 100, rounds: 5, latencyRounds: 3, seconds: 4 };
  const plan: Plan = {
    connections: 32,
    poolSize: 10,
    idsPerPerson: 20,
    rounds: given(values.rounds, size.rounds),
    latencyRounds: values['no-latency'] ? 0 : size.latencyRounds,
    seconds: given(values.seconds, size.seconds),
  };
  const servers = serverNames.filter((name) => chosenTargets.some(({ server }) => server === name));
  const options = {
    servers,
    owners: size.owners,
    tasksPerOwner: 1_000,
    extraOwners: [10_000],
    poolSize: plan.poolSize,
    binDir,
  };
  const stage = await setStage(cleanUp, options, onProgress);
  const samples = await runRounds(stage, pairs, plan, onProgress);
  const works = await countWork(stage, pairs, onProgress);
  const latencies = await runLatencies(stage, pairs, samples, plan, onProgress);
  end();
  const report = {
    about: await describeRun(stage.rows.ours, process.argv.slice(2)),
    plan,
    disturbance: disturbanceOf(samples),
    results: summarise(pairs, samples, latencies, works),
  };
  const page = writeMarkdown(report);
  const charts =
    plan.latencyRounds > 0 ? { 'throughput.svg': drawThroughput(report), 'latency.svg': drawLatency(report) } : { 'throughput.svg': drawThroughput(report) };
  publish(page, { 'README.md': page, 'results.json': asText(report), ...charts });
}

async function main(): Promise<void> {
  const cleanUp = new AsyncDisposableStack();
  const interrupted = new Promise<never>((_, reject) => process.once('SIGINT', () => reject(new Error('interrupted'))));
  try {
    await Promise.race([positionals.includes('scale') ? scale(cleanUp) : bench(cleanUp), interrupted]);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  } finally {
    await cleanUp.disposeAsync();
  }
}

if (values.help) console.log(usage);
else await main().then(() => process.exit());
