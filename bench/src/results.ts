import type { Latency } from './latency.ts';
import { nameOf, type Pair, type Samples } from './run.ts';
import { median, medianOf } from './statistics.ts';
import type { Work } from './work.ts';

/** The results of one operation on one target. */
export interface Result {
  operation: string;
  title: string;
  target: string;
  /** Responses per second at saturation, over all rounds. */
  perSecond: { median: number; min: number; max: number };
  /** Size of one response, including its head. */
  bytes: number | undefined;
  /** CPU time per request, in µs. */
  serverCpu: number | undefined;
  databaseCpu: number | undefined;
  work: Work | undefined;
  latencies: Latency[];
}

/** CPU usage of unrelated programs in percent, in the median and the worst measurement. */
export interface Disturbance {
  median: number;
  worst: number;
}

export function disturbanceOf(samples: Samples): Disturbance | undefined {
  const known = [...samples.values()].flat().flatMap(({ others }) => (others === undefined ? [] : [Math.max(0, Math.round(others))]));
  return known.length > 0 ? { median: median(known), worst: Math.max(...known) } : undefined;
}

export function summarise(pairs: Pair[], samples: Samples, latencies: Map<string, Latency[]>, works: Map<string, Work>): Result[] {
  return pairs.map((pair) => {
    const own = samples.get(nameOf(pair)) ?? [];
    const rates = own.map(({ perSecond }) => Math.round(perSecond));
    return {
      operation: pair.operation.name,
      title: pair.operation.title,
      target: pair.target.name,
      perSecond: { median: median(rates), min: Math.min(...rates), max: Math.max(...rates) },
      bytes: medianOf(own, ({ bytes }) => bytes),
      serverCpu: medianOf(own, ({ serverCpu }) => serverCpu),
      databaseCpu: medianOf(own, ({ databaseCpu }) => databaseCpu),
      work: works.get(nameOf(pair)),
      latencies: latencies.get(nameOf(pair)) ?? [],
    };
  });
}

/** The results of one operation, by target. */
export interface Row {
  title: string;
  of: ReadonlyMap<string, Result>;
}

export function rowsOf(results: readonly Result[]): Row[] {
  const titles = new Map(results.map(({ operation, title }) => [operation, title]));
  return [...titles].map(([operation, title]) => ({
    title,
    of: new Map(results.filter((result) => result.operation === operation).map((result) => [result.target, result])),
  }));
}

/** Responses per second of `target` divided by those of `base`; undefined if one was not measured. */
export function ratio({ of }: Row, target: string, base: string): number | undefined {
  const [rate, other] = [of.get(target), of.get(base)].map((result) => result?.perSecond.median);
  return rate !== undefined && other !== undefined ? rate / other : undefined;
}

/** CPU time per request, of server and PostgreSQL together, divided by that of `base`. */
export function costRatio({ of }: Row, target: string, base: string): number | undefined {
  const [cost, other] = [of.get(target), of.get(base)].map((result) => (result?.serverCpu ?? Number.NaN) + (result?.databaseCpu ?? Number.NaN));
  return cost !== undefined && other !== undefined && Number.isFinite(cost / other) ? cost / other : undefined;
}
