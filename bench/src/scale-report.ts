import type { About } from './about.ts';
import { cpu, factor, measuredOn, milliseconds, missing, spread, table, whole } from './markdown.ts';
import { MAX_DISPERSION, MAX_OTHERS } from './results.ts';
import type { OperationResult, Scale } from './scale.ts';
import { CALL_EVERY } from './scale-people.ts';
import { SIZES } from './scale-size.ts';
import { spreadOf } from './statistics.ts';

const operations = (results: OperationResult[]) =>
  table(
    ['', 'CPU per request, µs', 'answers per second'],
    results.map((result) => [result.title, cpu(result), spread(spreadOf(result.rates), whole)]),
  );

const sizes = ({ sizes }: Scale) =>
  table(
    ['p50 / p95 / p99, ms', ...SIZES.map((size) => `${whole(size)} tasks`), 'p95, 10,000 : 100'],
    sizes.map(({ title, latencies }) => {
      const of = (size: number) => latencies.find((each) => each.size === size);
      const cells = SIZES.map(of).map((each) => (each ? milliseconds(each) : missing));
      return [title, ...cells, factor((of(10_000)?.p95 ?? Number.NaN) / (of(100)?.p95 ?? Number.NaN))];
    }),
  );

const people = ({ people }: Scale) =>
  table(
    ['', 'requests per second', 'p50 / p95 / p99, ms', 'server, % of a core', 'PostgreSQL, % of a core'],
    people.map((result) => {
      const share = (cpuPerRequest: number) => whole((cpuPerRequest * result.perSecond) / 10_000);
      return [
        result.title,
        whole(result.perSecond),
        `${milliseconds(result)}${result.noisy ? ' (noisy)' : ''}`,
        share(result.serverCpu),
        share(result.databaseCpu),
      ];
    }),
  );

const memory = ({ memory }: Scale) =>
  table(
    ['', 'count', 'KB each', 'CPU without activity, % of a core'],
    memory.map(({ title, count, kilobytes, idleCpu }) => [title, whole(count), kilobytes.toFixed(1), idleCpu.toFixed(1)]),
  );

/** The results as Markdown. */
export const writeScale = (about: About, scale: Scale): string => `# Scale

${measuredOn(about)}

CPU per request is the CPU time of the server + of PostgreSQL. Such a figure is marked as noisy, and may not be cited elsewhere, if the distance between the quartiles
of its rounds is over ${MAX_DISPERSION} % of the median, or if other programs used over ${MAX_OTHERS} % of the processors.

## Tasks of one user

Latency by the number of the user's tasks; the last is the most that a user may have. One request at a time, by JWT. ${scale.plan.rounds} rounds of ${scale.plan.seconds} s over all sizes, the
median of each percentile.

${sizes(scale)}

## Many users at once

Users with ${scale.tasksPerPerson} tasks each, half by cookie and half by JWT. Assumed: an active user makes a call every ${CALL_EVERY} s. Of 20 calls 8 are lists, 1 is a search, 4 are
\`sync.changes\`, 1 is counts, 2 are get, 4 are changes. Each connection waits up to 2 s, at random, before each call.

${people(scale)}

## Many owners

As many requests as the server can answer, by JWT. ${scale.plan.rounds} rounds, median (lowest–highest), with the same users before and after others were added.

${operations(scale.owners)}

## Several processes

One process uses one core. Several processes share only the database, see [operations](../operations.md). One process and two, on this machine's cores, which
they share with PostgreSQL and the load generator.

${operations(scale.processes)}

## Memory

Growth of the server's resident memory for each connection.

${memory(scale)}

All figures are in [scale.json](scale.json).
`;
