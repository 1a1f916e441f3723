import type { Histogram } from 'node:perf_hooks';

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}

/** The median of the defined values; undefined if there are none. */
export function medianOf<T>(items: readonly T[], value: (item: T) => number | undefined): number | undefined {
  const known = items.map(value).filter((each) => each !== undefined);
  return known.length > 0 ? median(known) : undefined;
}

/** Latencies in ms. */
export interface Percentiles {
  p50: number;
  p95: number;
  p99: number;
}

/** The median of each percentile over rounds in µs, so that a disturbed round has little effect. */
export function percentilesOf(rounds: readonly Histogram[]): Percentiles {
  const at = (percentile: number) => median(rounds.map((round) => round.percentile(percentile))) / 1_000;
  return { p50: at(50), p95: at(95), p99: at(99) };
}
