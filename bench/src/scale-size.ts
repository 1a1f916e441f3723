import type { Histogram } from 'node:perf_hooks';
import { z } from 'zod';
import { atRate } from './open-loop.ts';
import type { Call } from './operations.ts';
import type { Person } from './people.ts';
import { SEARCH } from './seed.ts';
import type { OnProgress, Stage } from './stage.ts';
import { type Percentiles, percentilesOf } from './statistics.ts';
import { type Target, targetNamed } from './target.ts';

/** Numbers of tasks of one user; the last is the maximum. */
export const SIZES = [100, 1_000, 10_000, 100_000] as const;

/** Number and duration of measurements. */
export interface Effort {
  rounds: number;
  /** Duration of each measurement. */
  seconds: number;
}

export interface SizeResult {
  title: string;
  /** Requests per second. */
  rate: number;
  latencies: ({ size: number } & Percentiles)[];
}

interface Question {
  title: string;
  rate: number;
  procedure: string;
  input(deepest: string): Call['input'];
}

const questions: Question[] = [
  { title: 'list 50, first page', rate: 100, procedure: 'tasks.list', input: () => ({ limit: 50 }) },
  { title: 'list 50, deepest page', rate: 100, procedure: 'tasks.list', input: (cursor) => ({ limit: 50, cursor }) },
  { title: 'list 50, open ones', rate: 100, procedure: 'tasks.list', input: () => ({ limit: 50, completed: false }) },
  { title: 'list 50 by title', rate: 100, procedure: 'tasks.list', input: () => ({ limit: 50, sort: 'title', order: 'asc' }) },
  { title: 'counts', rate: 100, procedure: 'tasks.counts', input: () => ({}) },
  { title: 'search, 20 of 1 in 50', rate: 50, procedure: 'tasks.list', input: () => ({ limit: 20, search: SEARCH }) },
  { title: 'search that finds nothing', rate: 4, procedure: 'tasks.list', input: () => ({ limit: 20, search: 'no such words' }) },
];

const page = z.object({ items: z.array(z.unknown()).min(1), nextCursor: z.string().nullable() });

/** The cursor of the last full page of 50. */
async function deepestCursor(url: string, target: Target, person: Person): Promise<string> {
  let cursor = '';
  while (true) {
    const input = { limit: 50, ...(cursor && { cursor }) };
    const { path, ...init } = target.request({ person, procedure: 'tasks.list', changes: false, input });
    const { nextCursor } = page.parse(target.unwrap(await (await fetch(`${url}${path}`, init)).json()));
    if (nextCursor === null) return cursor;
    cursor = nextCursor;
  }
}

/** Measures latency by the number of the user's tasks, at the same low rate for all sizes, in interleaved rounds. */
export async function measureSizes(stage: Stage, url: string, { rounds, seconds }: Effort, onProgress: OnProgress): Promise<SizeResult[]> {
  const target = targetNamed('ours');
  const owners: { size: number; person: Person; deepest: string }[] = [];
  for (const [size, person] of stage.extra) {
    onProgress(`finding the deepest page of ${size} tasks`, owners.length / stage.extra.size);
    await stage.renew([person]);
    owners.push({ size, person, deepest: await deepestCursor(url, target, person) });
  }
  const empty = (): Histogram[] => [];
  const runs = questions.flatMap((question) => owners.map((owner) => ({ question, owner, measured: empty() })));
  for (let round = 0; round <= rounds; round += 1) {
    for (const [i, { question, owner, measured }] of runs.entries()) {
      onProgress(`${question.title}, ${owner.size} tasks`, (round + i / runs.length) / (rounds + 1));
      await stage.renew([owner.person]);
      const request = target.request({ person: owner.person, procedure: question.procedure, changes: false, input: question.input(owner.deepest) });
      const found = await atRate(url, [[request]], question.rate, round === 0 ? 0.5 : seconds, question.rate < 10 ? 1 : 8);
      if (round > 0) measured.push(found);
    }
  }
  return questions.map((question) => ({
    title: question.title,
    rate: question.rate,
    latencies: runs.filter((run) => run.question === question).map(({ owner, measured }) => ({ size: owner.size, ...percentilesOf(measured) })),
  }));
}
