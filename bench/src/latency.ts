import type { Histogram } from 'node:perf_hooks';
import { atRate } from './open-loop.ts';
import { readIds } from './operations.ts';
import { nameOf, type Pair, type Plan, peopleOf, requestsOf, type Samples, serverOf } from './run.ts';
import type { OnProgress, Stage } from './stage.ts';
import { median, type Percentiles, percentilesOf } from './statistics.ts';

/** Loads in percent of a server's saturation. */
export const LOADS = [50, 70, 90] as const;

export interface Latency extends Percentiles {
  load: number;
  /** Requests per second. */
  rate: number;
}

/** Measures latency at each load, relative to the server's own saturation. */
export async function runLatencies(stage: Stage, pairs: Pair[], samples: Samples, plan: Plan, onProgress: OnProgress): Promise<Map<string, Latency[]>> {
  if (plan.latencyRounds === 0) return new Map();
  const ids = await readIds(stage.rows.ours, peopleOf(stage, pairs), plan.idsPerPerson);
  const empty = (): Histogram[] => [];
  const runs = LOADS.flatMap((load) => pairs.map((pair) => ({ load, pair, rounds: empty() })));
  const rateOf = (pair: Pair, load: number) => (median((samples.get(nameOf(pair)) ?? []).map(({ perSecond }) => perSecond)) * load) / 100;
  for (let round = 1; round <= plan.latencyRounds; round += 1) {
    for (const [i, { load, pair, rounds }] of runs.entries()) {
      onProgress(`round ${round} of ${plan.latencyRounds} at ${load} %: ${nameOf(pair)}`, (round - 1 + i / runs.length) / plan.latencyRounds);
      const requests = await requestsOf(stage, pair, ids, `round ${round} at ${load} % by ${pair.target.name}`, plan.connections);
      rounds.push(await atRate(serverOf(stage, pair.target).url, requests, rateOf(pair, load), plan.seconds));
    }
  }
  const latencyOf = ({ load, pair, rounds }: (typeof runs)[number]): Latency => ({ load, rate: Math.round(rateOf(pair, load)), ...percentilesOf(rounds) });
  return new Map(pairs.map((pair) => [nameOf(pair), runs.filter((run) => run.pair === pair).map(latencyOf)]));
}
