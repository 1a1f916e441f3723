import type { Pair } from './twins.ts';
import type { World } from './world.ts';

/** How far two samples differ by their ranks, in standard deviations (Mann-Whitney, by the normal approximation). */
export function rankDifference(one: readonly number[], two: readonly number[]): number {
  const all = [...one.map((value) => ({ value, isFirst: true })), ...two.map((value) => ({ value, isFirst: false }))].sort((a, b) => a.value - b.value);
  let ranks = 0;
  for (let i = 0; i < all.length; ) {
    let end = i;
    while (end < all.length && all[end]?.value === all[i]?.value) end += 1;
    const rank = (i + 1 + end) / 2;
    ranks += rank * all.slice(i, end).filter(({ isFirst }) => isFirst).length;
    i = end;
  }
  const [n, m] = [one.length, two.length];
  const u = ranks - (n * (n + 1)) / 2;
  return (u - (n * m) / 2) / Math.sqrt((n * m * (n + m + 1)) / 12);
}

/** Response times of both requests of a pair, sent in turn, in an order that chance decides. */
export async function timesOf({ send }: World, { foreign, missing }: Pair, count: number): Promise<[foreign: number[], missing: number[]]> {
  const times: [number[], number[]] = [[], []];
  for (let i = 0; i < 2 * count; i += 1) {
    const isFirst = i % 2 === 0 ? Math.random() < 0.5 : times[0].length < times[1].length;
    const began = performance.now();
    await send(isFirst ? foreign : missing);
    times[isFirst ? 0 : 1].push(performance.now() - began);
  }
  return times;
}
