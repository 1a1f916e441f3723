import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { atRate } from './open-loop.ts';
import { readIds } from './operations.ts';
import { nameOf, type Pair, type Plan, peopleOf, requestsOf, type Samples, serverOf } from './run.ts';
import type { Stage, Tell } from './stage.ts';
import { median } from './statistics.ts';

/** Shares of what a server can do at most, in percent. */
export const LOADS = [50, 70, 90] as const;

export interface Latency {
  load: number;
  /** Requests a second. */
  rate: number;
  /** In ms. */
  p50: number;
  p95: number;
  p99: number;
}

const inMs = (histogram: RecordableHistogram, percentile: number) => histogram.percentile(percentile) / 1_000;

/** How long answers take at shares of each server's own saturation, from all rounds together. */
export async function runLatencies(stage: Stage, pairs: Pair[], samples: Samples, plan: Plan, tell: Tell): Promise<Map<string, Latency[]>> {
  if (plan.latencyRounds === 0) return new Map();
  const ids = await readIds(stage.rows.ours, peopleOf(stage, pairs), plan.idsPerPerson);
  const runs = LOADS.flatMap((load) => pairs.map((pair) => ({ load, pair, histogram: createHistogram() })));
  const rateOf = (pair: Pair, load: number) => (median((samples.get(nameOf(pair)) ?? []).map(({ perSecond }) => perSecond)) * load) / 100;
  for (let round = 1; round <= plan.latencyRounds; round += 1) {
    for (const [i, { load, pair, histogram }] of runs.entries()) {
      tell(`round ${round} of ${plan.latencyRounds} at ${load} %: ${nameOf(pair)}`, (round - 1 + i / runs.length) / plan.latencyRounds);
      const requests = await requestsOf(stage, pair, ids, `round ${round} at ${load} % by ${pair.target.name}`, plan.connections);
      histogram.add(await atRate(serverOf(stage, pair.target).url, requests, rateOf(pair, load), plan.seconds));
    }
  }
  const latencyOf = ({ load, pair, histogram }: (typeof runs)[number]): Latency => ({
    load,
    rate: Math.round(rateOf(pair, load)),
    p50: inMs(histogram, 50),
    p95: inMs(histogram, 95),
    p99: inMs(histogram, 99),
  });
  return new Map(pairs.map((pair) => [nameOf(pair), runs.filter((run) => run.pair === pair).map(latencyOf)]));
}
