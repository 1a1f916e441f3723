import { nameOf, type Pair, type Sample, type Samples } from './measure.ts';
import { dispersion, medianOf, type Spread, spreadOf } from './statistics.ts';
import type { Work } from './work.ts';

/** Bounds for a figure that may be cited, in percent. */
export const MAX_DISPERSION = 10;
export const MAX_OTHERS = 10;

/** The medians over all rounds. */
export interface Figures {
  /** CPU time per request, in µs. */
  serverCpu: number;
  databaseCpu: number;
  generatorCpu: number;
  /** CPU usage of other programs, in percent of the machine's processors. */
  others: number;
  /** Distance between the quartiles of the CPU time per request, in percent of its median. */
  dispersion: number;
  /** The rounds differ too much, or other programs used too much CPU, so the figures may not be cited. */
  noisy: boolean;
  /** Of each round: CPU time per request of server and PostgreSQL in µs, and answers per second. */
  costs: number[];
  rates: number[];
  bytes: number;
}

export function figuresOf(rounds: readonly Sample[]): Figures {
  const others = medianOf(rounds, (round) => round.others);
  const costs = rounds.map(({ serverCpu, databaseCpu }) => Math.round(serverCpu + databaseCpu));
  const differ = 100 * dispersion(costs);
  return {
    serverCpu: medianOf(rounds, ({ serverCpu }) => serverCpu),
    databaseCpu: medianOf(rounds, ({ databaseCpu }) => databaseCpu),
    generatorCpu: medianOf(rounds, ({ generatorCpu }) => generatorCpu),
    others,
    dispersion: differ,
    noisy: differ > MAX_DISPERSION || others > MAX_OTHERS,
    costs,
    rates: rounds.map(({ perSecond }) => Math.round(perSecond)),
    bytes: medianOf(rounds, ({ bytes }) => bytes),
  };
}

/** The results of one operation on one target. */
export interface Result extends Figures {
  operation: string;
  title: string;
  target: string;
  work: Work | undefined;
}

export const summarise = (pairs: Pair[], samples: Samples, works: Map<string, Work>): Result[] =>
  pairs.map((pair) => ({
    operation: pair.operation.name,
    title: pair.operation.title,
    target: pair.target.name,
    ...figuresOf(samples.get(nameOf(pair)) ?? []),
    work: works.get(nameOf(pair)),
  }));

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

/** CPU time per request of `target`, divided by that of `base`; undefined if one was not measured. */
export function cpuRatio({ of }: Row, target: string, base: string): number | undefined {
  const [own, other] = [of.get(target), of.get(base)];
  return own && other && (own.serverCpu + own.databaseCpu) / (other.serverCpu + other.databaseCpu);
}

/** Answers per second of `target`, divided by those of `base` in the same round. */
export function rateRatio({ of }: Row, target: string, base: string): Spread | undefined {
  const [own, other] = [of.get(target), of.get(base)];
  return own && other && spreadOf(own.rates.map((rate, round) => rate / (other.rates[round] ?? Number.NaN)));
}
