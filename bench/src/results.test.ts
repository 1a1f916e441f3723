import { expect, it } from 'vitest';
import type { Sample } from './measure.ts';
import { figuresOf } from './results.ts';

const round = (serverCpu: number, others: number): Sample => ({
  ...{ requests: 1, perSecond: 1, bytes: 1, p50: 1, p95: 1, p99: 1, databaseCpu: 100, generatorCpu: 1 },
  serverCpu,
  others,
});

it.each([
  ['is not noisy if its rounds agree', [300, 310, 305, 295, 300], 0, false],
  ['is not noisy if one round differs', [300, 310, 305, 295, 900], 0, false],
  ['is noisy if many rounds differ', [300, 400, 305, 295, 380], 0, true],
  ['is noisy if other programs used the processors', [300, 310, 305, 295, 300], 20, true],
])('a figure %s', (_, costs, others, noisy) => {
  expect(figuresOf(costs.map((cost) => round(cost, others))).noisy).toBe(noisy);
});

it('CPU time is the median of all rounds', () => {
  expect(figuresOf([round(900, 0), round(300, 0), round(320, 0)])).toMatchObject({ serverCpu: 320, databaseCpu: 100, costs: [1_000, 400, 420] });
});
