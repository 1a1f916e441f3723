import type { About } from './about.ts';
import { measuredOn, ms, spread, table, whole } from './markdown.ts';
import type { Rates, Scale } from './scale.ts';
import { CALL_EVERY } from './scale-people.ts';
import { SIZES } from './scale-size.ts';

const rates = (head: string, of: Rates[]) =>
  table(
    [head, 'answers a second'],
    of.map(({ title, perSecond }) => [title, spread(perSecond)]),
  );

const sizes = ({ sizes }: Scale) =>
  table(
    ['p50 / p95 / p99, ms', 'requests a second', ...SIZES.map((size) => `${whole(size)} tasks`), 'p95, 10,000 : 100'],
    sizes.map(({ title, rate, latencies }) => {
      const p95 = (size: number) => latencies.find((each) => each.size === size)?.p95 ?? Number.NaN;
      const cells = SIZES.map((size) => latencies.find((each) => each.size === size)).map((each) =>
        each ? [each.p50, each.p95, each.p99].map(ms).join(' / ') : '–',
      );
      return [title, whole(rate), ...cells, (p95(10_000) / p95(100)).toFixed(2)];
    }),
  );

const people = ({ people }: Scale) =>
  table(
    ['', 'requests a second', 'p50 / p95 / p99, ms', 'server, % of a core', 'PostgreSQL, % of a core'],
    people.map(({ title, rate, p50, p95, p99, serverCpu, databaseCpu }) => [
      title,
      whole(rate),
      [p50, p95, p99].map(ms).join(' / '),
      whole(serverCpu),
      whole(databaseCpu),
    ]),
  );

const memory = ({ memory }: Scale) =>
  table(
    ['', 'so many', 'KB each', 'CPU while nothing happens, % of a core'],
    memory.map(({ title, count, kilobytes, idleCpu }) => [title, whole(count), kilobytes.toFixed(1), idleCpu.toFixed(1)]),
  );

/** The results as Markdown. */
export const writeScale = (about: About, scale: Scale): string => `# Scale

${measuredOn(about)}

## Within one owner

Latency by the number of the owner's tasks; ${SIZES.map(whole).at(-1)} is as many as one may have. By JWT, at a low constant rate, counted from when a request was due;
${scale.rounds} rounds over all sizes, the median of each percentile.

${sizes(scale)}

## Many people at once

People with ${scale.tasksPerPerson} tasks each, half by cookie and half by JWT. Assumed: a person at work makes a call every ${CALL_EVERY} s, of 20 calls 8 a list, 1 a search, 4
\`sync.changes\`, 1 counts, 2 get, 4 changes. Constant rate.

${people(scale)}

## Many owners

Saturation, closed loop, JWT, ${scale.rounds} rounds, median (least–most); the same people before and after others came.

${rates('', scale.owners)}

## Several processes

The server is one process on one core; more of them share a database and nothing else, as [operations](../operations.md) says. Saturation of one and of two
behind a load generator that divides its connections, on this machine's cores, which they share with PostgreSQL and that generator.

${rates('', scale.processes)}

## Memory

By how much the server's resident memory grows for each, and what it does meanwhile.

${memory(scale)}

The numbers themselves are in [scale.json](scale.json).
`;
