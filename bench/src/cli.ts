import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeRun } from './about.ts';
import { missingTool } from './load.ts';
import { nameOf, type Plan, pairsOf, runRounds } from './measure.ts';
import { operations } from './operations.ts';
import { openProgress } from './progress.ts';
import { drawCpu, writeMarkdown } from './report.ts';
import { summarise } from './results.ts';
import { figuresIn, runScale } from './scale.ts';
import { writeScale } from './scale-report.ts';
import { targets } from './target.ts';
import { comparisons, startTestBed } from './testbed.ts';
import { countWork } from './work.ts';

const usage = `pnpm bench [options]         compares the product with a hand-written server and a textbook stack
pnpm bench scale [options]   measures the product alone: long lists, many users, several processes, memory
Both need Linux and the load generator wrk: apt-get install wrk

  --quick            fewer users, short rounds, short warm-up: to check that it works, not to publish
  --only LIST        only these operations: ${operations.map(({ name }) => name).join(', ')}
  --servers LIST     only these servers: ${targets.map(({ name }) => name).join(', ')}
  --rounds N         number of rounds
  --seconds N        duration of each measurement, in whole seconds
  --warm-up N        seconds of warm-up, divided among the operations of a server
  --out FOLDER       writes the page, the figures and the chart to this folder, such as docs/benchmarks`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    servers: { type: 'string', default: '' },
    out: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    'warm-up': { type: 'string' },
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

/** Prints a page and which of its figures are noisy, and writes the files to the folder of --out. */
function publish(page: string, files: Record<string, string>, figures: readonly { name: string; noisy: boolean }[]): void {
  console.log(page);
  const noisy = figures.filter((each) => each.noisy).map(({ name }) => name);
  if (noisy.length > 0) {
    console.error(
      `The machine was too busy. These ${noisy.length} of ${figures.length} figures are marked as noisy; measure them again before you cite them: ${noisy.join(', ')}.`,
    );
  }
  if (values.out === undefined) return;
  if (noisy.length > 0) process.exitCode = 1;
  mkdirSync(values.out, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(values.out, name), content);
}

const asText = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
const binDir = process.env.TODO_POSTGRES_BIN || undefined;
const { onProgress, end } = openProgress(process.stderr);
const poolSize = 10;

/** The plan of a whole run or of --quick, changed by the options. */
function planOf(whole: { rounds: number; seconds: number }): Plan {
  const { rounds, seconds, warmUpSeconds } = values.quick ? { rounds: 3, seconds: 1, warmUpSeconds: 2 } : { ...whole, warmUpSeconds: 15 };
  const given = (value: string | undefined, fallback: number) => (value === undefined ? fallback : Number(value));
  return {
    connections: 32,
    idsPerPerson: 20,
    rounds: given(values.rounds, rounds),
    seconds: given(values.seconds, seconds),
    warmUpSeconds: given(values['warm-up'], warmUpSeconds),
  };
}

async function scale(cleanUp: AsyncDisposableStack): Promise<void> {
  const plan = planOf({ rounds: 4, seconds: 1 });
  const { scale, sql } = await runScale(cleanUp, plan, { people: values.quick ? 100 : 1_000, poolSize, binDir }, onProgress);
  const about = await describeRun(sql, process.argv.slice(2));
  end();
  const page = writeScale(about, scale);
  publish(page, { 'scale.md': page, 'scale.json': asText({ about, scale }) }, figuresIn(scale));
}

async function bench(cleanUp: AsyncDisposableStack): Promise<void> {
  const chosenTargets = chosen(targets, values.servers);
  const pairs = pairsOf(chosen(operations, values.only), chosenTargets);
  const plan = planOf({ rounds: 5, seconds: 3 });
  const people = values.quick ? 20 : 50;
  const each = { people, tasks: 1_000 };
  const groups = {
    readers: each,
    writers: each,
    large: { people: values.quick ? 1 : 5, tasks: 10_000 },
    planners: { ...each, due: 'once' as const },
    repeaters: { ...each, due: 'daily' as const },
  };
  const compared = comparisons.filter((name) => chosenTargets.some(({ server }) => server === name));
  const bed = await startTestBed(cleanUp, { comparisons: compared, groups, poolSize, binDir }, onProgress);
  const samples = await runRounds(bed, pairs, plan, onProgress);
  const works = await countWork(bed, pairs, onProgress);
  end();
  const results = summarise(pairs, samples, works);
  const report = { about: await describeRun(bed.rows.ours, process.argv.slice(2)), plan, poolSize, results };
  const page = writeMarkdown(report);
  const figures = pairs.map((pair, i) => ({ name: nameOf(pair), noisy: results[i]?.noisy ?? true }));
  publish(page, { 'README.md': page, 'results.json': asText(report), 'cpu.svg': drawCpu(report) }, figures);
}

async function main(): Promise<void> {
  const lack = missingTool(process.env);
  if (lack !== undefined) {
    console.error(lack);
    process.exitCode = 1;
    return;
  }
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
