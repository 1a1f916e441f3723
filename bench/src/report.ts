import type { About } from './about.ts';
import { drawBars } from './chart.ts';
import { LOADS } from './latency.ts';
import { factor, measuredOn, missing, ms, spread, table, whole } from './markdown.ts';
import { costRatio, type Disturbance, type Result, type Row, ratio, rowsOf } from './results.ts';
import type { Plan } from './run.ts';
import { type Target, targets } from './target.ts';

export interface Report {
  about: About;
  plan: Plan;
  disturbance: Disturbance | undefined;
  results: Result[];
}

function measured(results: readonly Result[]) {
  return targets.filter(({ name }) => results.some(({ target }) => target === name));
}

function saturation(rows: Row[], results: Result[]): string {
  const columns = measured(results);
  const cell = (result: Result | undefined) => (result ? spread(result.perSecond) : missing);
  const head = ['', ...columns.map(({ title }) => title), 'JWT / limit', 'JWT / textbook', 'cookie / JWT'];
  const ratios = (row: Row) => [ratio(row, 'ours', 'limit'), ratio(row, 'ours', 'textbook'), ratio(row, 'ours-cookie', 'ours')].map(factor);
  return table(
    head,
    rows.map((row) => [row.title, ...columns.map(({ name }) => cell(row.of.get(name))), ...ratios(row)]),
  );
}

function latencies(rows: Row[], results: Result[]): string {
  const columns = measured(results);
  const cell = (result: Result | undefined, load: number) => {
    const found = result?.latencies.find((latency) => latency.load === load);
    return found ? `${ms(found.p50)} / ${ms(found.p95)} / ${ms(found.p99)}` : missing;
  };
  return table(
    ['', 'load', ...columns.map(({ title }) => title)],
    rows.flatMap((row) => LOADS.map((load) => [row.title, `${load} %`, ...columns.map(({ name }) => cell(row.of.get(name), load))])),
  );
}

function costs(rows: Row[], results: Result[]): string {
  const columns = measured(results);
  const cells = ({ serverCpu, databaseCpu, work, bytes }: Result) =>
    [serverCpu, databaseCpu, work?.roundTrips, work?.statements, bytes].map((value) => whole(value));
  const rowOf = (row: Row, { name, title }: Target) => {
    const result = row.of.get(name);
    return result ? [[row.title, title, ...cells(result), factor(costRatio(row, name, 'limit'))]] : [];
  };
  return table(
    ['', 'server', 'server CPU, µs', 'PostgreSQL CPU, µs', 'round trips', 'statements', 'bytes', 'CPU : limit'],
    rows.flatMap((row) => columns.flatMap((column) => rowOf(row, column))),
  );
}

const disturbed = (found: Disturbance | undefined) =>
  found ? `\nOther programs took ${found.median} % of the processors meanwhile, ${found.worst} % in the worst measurement.` : '';

const latencySection = (rows: Row[], plan: Plan, results: Result[]) => `## Latency

p50 / p95 / p99 in ms when requests come at a constant rate, at shares of what each server itself does at most; counted from when a request was due, so
waiting for a turn counts. ${plan.latencyRounds} rounds of ${plan.seconds} s, the median of each percentile.

${latencies(rows, results)}

`;

/** The results as Markdown. */
export function writeMarkdown({ about, plan, disturbance, results }: Report): string {
  const rows = rowsOf(results);
  return `# Benchmarks

${measuredOn(about)}

![Answers a second as a share of the hand-written limit](throughput.svg)

${plan.latencyRounds > 0 ? '![95 % of answers came within, at 70 % load](latency.svg)\n\n' : ''}## What is compared

- **Todo** is the product as \`npm start\` runs it, without its limit of calls; by JWT, and by session cookie, which is looked up for every request.
- **The hand-written limit** is Fastify and postgres.js: one prepared statement for each operation, no authentication, no row-level security, no log; whoever
  names an owner in a header is that owner. Nobody should ship it. It shows what this machine, PostgreSQL and Node could do at most.
- **The textbook stack** is what the documentation of tRPC, superjson, Better Auth and Drizzle shows: standalone adapter, \`getSession\` for every request, one
  Drizzle query for each procedure, no row-level security, no log.

All have ${plan.connections} connections from the load generator, ${plan.poolSize} to PostgreSQL, durable commits, and the same tasks and indexes; the comparisons
work on a copy without our triggers, so a change costs them no log. Answers are compared with the database before anything is timed, and a run with a
refused or failed request counts for nothing.

## Answers a second at saturation

Closed loop, ${plan.connections} connections, ${plan.rounds} interleaved rounds of ${plan.seconds} s: median (least–most).${disturbed(disturbance)}

${saturation(rows, results)}

${plan.latencyRounds > 0 ? latencySection(rows, plan, results) : ''}## What one request costs

CPU time at saturation; round trips between server and PostgreSQL; statements that carry values (begin, set and commit carry none); bytes of the answer with
its head.

${costs(rows, results)}

The numbers themselves are in [results.json](results.json).
`;
}

const colours = { ours: ['#0969da', '#4493f8'], limit: ['#8c959f', '#656c76'], textbook: ['#bf8700', '#d29922'] } as const;

/** Responses per second, relative to the hand-written limit. */
export function drawThroughput({ about, results }: Report): string {
  const groups = rowsOf(results).map((row) => ({ label: row.title, values: [ratio(row, 'ours', 'limit'), ratio(row, 'textbook', 'limit')] }));
  return drawBars({
    title: 'Answers a second, as a share of a hand-written handler',
    subtitle: `without authentication, row-level security or log; ${about.machine}`,
    series: [
      { title: 'Todo, JWT', colours: colours.ours },
      { title: 'tRPC + superjson + getSession + Drizzle', colours: colours.textbook },
    ],
    groups: groups.filter(({ values }) => values.some((value) => value !== undefined)),
    format: factor,
    mark: { value: 1, label: 'limit' },
  });
}

export function drawLatency({ about, results }: Report): string {
  const p95 = (row: Row, target: string) => row.of.get(target)?.latencies.find(({ load }) => load === 70)?.p95;
  return drawBars({
    title: '95 % of answers came within … ms, at 70 % of what each server can do',
    subtitle: `requests at a constant rate; ${about.machine}`,
    series: [
      { title: 'Todo, JWT', colours: colours.ours },
      { title: 'hand-written limit', colours: colours.limit },
      { title: 'tRPC + superjson + getSession + Drizzle', colours: colours.textbook },
    ],
    groups: rowsOf(results).map((row) => ({ label: row.title, values: ['ours', 'limit', 'textbook'].map((target) => p95(row, target)) })),
    format: ms,
  });
}
