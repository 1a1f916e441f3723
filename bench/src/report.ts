import type { About } from './about.ts';
import { drawBars } from './chart.ts';
import { cpu, factor, measuredOn, missing, spread, table, whole } from './markdown.ts';
import type { Plan } from './measure.ts';
import { cpuRatio, MAX_DISPERSION, MAX_OTHERS, type Result, type Row, rateRatio, rowsOf } from './results.ts';
import { median } from './statistics.ts';
import { targets } from './target.ts';

export interface Report {
  about: About;
  plan: Plan;
  poolSize: number;
  results: Result[];
}

const compared = [
  ['ours', 'limit', 'JWT : limit'],
  ['ours', 'textbook', 'JWT : textbook'],
  ['ours-cookie', 'textbook', 'cookie : textbook'],
] as const;

/** A row for each operation and a column for each measured target; then a ratio for each pair of targets. */
function byTarget(results: Result[], cell: (result: Result) => string, ratio?: (row: Row, target: string, base: string) => string): string {
  const columns = targets.filter(({ name }) => results.some(({ target }) => target === name));
  const cellOf = (result: Result | undefined) => (result ? cell(result) : missing);
  const pairs = ratio ? compared : [];
  return table(
    ['', ...columns.map(({ title }) => title), ...pairs.map(([, , title]) => title)],
    rowsOf(results).map((row) => [
      row.title,
      ...columns.map(({ name }) => cellOf(row.of.get(name))),
      ...pairs.map(([target, base]) => ratio?.(row, target, base) ?? missing),
    ]),
  );
}

/** The results as Markdown. */
export const writeMarkdown = ({ about, plan, poolSize, results }: Report): string => `# Benchmarks

${measuredOn(about)}

![CPU time per request](cpu.svg)

## What is compared

- **Todo** is the product as \`npm start\` runs it, without its rate limit. Users authenticate by JWT, or by session cookie, which the server looks up for
  every request.
- **The hand-written limit** is Fastify and postgres.js with one prepared statement for each operation. It has no authentication, no row-level security and no
  log: a header names the owner. It is not fit for use. It shows the least that an answer can cost with Node and PostgreSQL.
- **The textbook stack** is what the documentation of tRPC, superjson, Better Auth and Drizzle shows: standalone adapter, \`getSession\` for every request, one
  Drizzle query for each procedure, no row-level security, no log. Users authenticate by session cookie.

All have ${plan.connections} connections from the load generator, ${poolSize} connections to PostgreSQL, durable commits, and the same tasks and indexes. Each request
comes from another user than the one before. The comparisons work on a copy of the database without the product's triggers, so they log no changes. Before the
measurement, the benchmark compares answers with the database. One error answer ends the run.

Load comes from wrk on one thread, as fast as the server answers. wrk takes ${whole(median(results.map(({ generatorCpu }) => generatorCpu)))} µs of CPU per request in the median. Each column warms up for at least
${plan.warmUpSeconds} s, divided among its operations. Then each operation is measured by itself, in ${plan.rounds} rounds of ${plan.seconds} s for each column in turn, after one that does not count. Figures are medians over the rounds.

## CPU time per request

CPU time of the server process + of all PostgreSQL processes, in µs. The ratios are of the sums: 0.50 means half the CPU time. A figure is marked as noisy, and may
not be cited elsewhere, if the distance between the quartiles of its rounds is over ${MAX_DISPERSION} % of the median, or if other programs used over ${MAX_OTHERS} % of the processors.
Other programs used ${whole(median(results.map(({ others }) => others)))} % in the median.

${byTarget(results, cpu, (row, target, base) => factor(cpuRatio(row, target, base)))}

## Answers per second

The most that each server answers when it shares the processors with PostgreSQL and wrk. Each ratio is the median over the rounds (lowest–highest): 2.00 means
twice as many answers.

${byTarget(
  results,
  ({ rates }) => whole(median(rates)),
  (row, target, base) => spread(rateRatio(row, target, base), factor),
)}

## Round trips and bytes

Round trips between server and PostgreSQL / statements with parameters / bytes of the answer with its head. Begin, set and commit have no parameters.

${byTarget(results, ({ work, bytes }) => `${work?.roundTrips ?? missing} / ${work?.statements ?? missing} / ${whole(bytes)}`)}

All figures are in [results.json](results.json).
`;

const colours: Record<string, readonly [string, string]> = {
  ours: ['#0969da', '#4493f8'],
  'ours-cookie': ['#1a7f8c', '#39b5c6'],
  limit: ['#8c959f', '#656c76'],
  textbook: ['#bf8700', '#d29922'],
};

/** CPU time per request, for the operations that all targets have. */
export function drawCpu({ about, results }: Report): string {
  const bar = (result: Result | undefined) => result && { parts: [result.serverCpu, result.databaseCpu], label: cpu(result) };
  return drawBars({
    title: 'CPU time per request in µs: server + PostgreSQL (lighter). Shorter is better.',
    subtitle: `${about.machine}, ${about.date}`,
    series: targets.map(({ name, title }) => ({ title, colours: colours[name] ?? ['#000', '#fff'] })),
    groups: rowsOf(results)
      .map((row) => ({ label: row.title, bars: targets.map(({ name }) => bar(row.of.get(name))) }))
      .filter(({ bars }) => bars.every(Boolean)),
  });
}
