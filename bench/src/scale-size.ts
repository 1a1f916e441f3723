import { z } from 'zod';
import { type Answers, load } from './load.ts';
import type { Plan } from './measure.ts';
import type { Call } from './operations.ts';
import type { Person } from './people.ts';
import { FIRST_DAY, SEARCH } from './seed.ts';
import { medianOf } from './statistics.ts';
import { type Target, targetNamed } from './target.ts';
import type { OnProgress, TestBed } from './testbed.ts';

/** Numbers of tasks of one user; the last is the maximum. */
export const SIZES = [100, 1_000, 10_000, 100_000] as const;

/** The group of the user with that many tasks. */
export const groupOf = (size: number) => `owner of ${size}`;

export interface SizeResult {
  title: string;
  latencies: (Pick<Answers, 'p50' | 'p95' | 'p99'> & { size: number })[];
}

interface Question {
  title: string;
  procedure: string;
  input(deepest: string): Call['input'];
}

const inOrder = { limit: 50, listId: null, parentId: null, sort: 'position', order: 'asc' };
const dueSoon = { limit: 50, due: { from: FIRST_DAY, to: '2027-01-03' }, completed: false, sort: 'due', order: 'asc' };

const questions: Question[] = [
  { title: 'list 50, first page', procedure: 'tasks.list', input: () => ({ limit: 50 }) },
  { title: 'list 50, deepest page', procedure: 'tasks.list', input: (cursor) => ({ limit: 50, cursor }) },
  { title: 'list 50, open ones', procedure: 'tasks.list', input: () => ({ limit: 50, completed: false }) },
  { title: 'list 50 by title', procedure: 'tasks.list', input: () => ({ limit: 50, sort: 'title', order: 'asc' }) },
  { title: 'list 50 in order', procedure: 'tasks.list', input: () => inOrder },
  { title: 'list 50 in order, open ones', procedure: 'tasks.list', input: () => ({ ...inOrder, completed: false }) },
  { title: 'due in three days, 30', procedure: 'tasks.list', input: () => dueSoon },
  { title: 'counts', procedure: 'tasks.counts', input: () => ({}) },
  { title: 'search, 20 of 1 in 50', procedure: 'tasks.list', input: () => ({ limit: 20, search: SEARCH }) },
  { title: 'search that finds nothing', procedure: 'tasks.list', input: () => ({ limit: 20, search: 'no such words' }) },
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

/** Measures latency by the number of the user's tasks, with one request at a time, in interleaved rounds. The first round is the warm-up. */
export async function measureSizes(bed: TestBed, { rounds, seconds }: Plan, onProgress: OnProgress): Promise<SizeResult[]> {
  const target = targetNamed('ours');
  const { url } = bed.server('ours');
  const owners: { size: number; person: Person; deepest: string }[] = [];
  for (const size of SIZES) {
    for (const person of bed.people(groupOf(size))) {
      onProgress(`finding the last page of ${size} tasks`, owners.length / SIZES.length);
      await bed.renew([person]);
      owners.push({ size, person, deepest: await deepestCursor(url, target, person) });
    }
  }
  const none = (): Answers[] => [];
  const runs = questions.flatMap((question) => owners.map((owner) => ({ question, owner, measured: none() })));
  for (let round = 0; round <= rounds; round += 1) {
    for (const [i, { question, owner, measured }] of runs.entries()) {
      onProgress(`${question.title}, ${owner.size} tasks`, (round + i / runs.length) / (rounds + 1));
      await bed.renew([owner.person]);
      const request = target.request({ person: owner.person, procedure: question.procedure, changes: false, input: question.input(owner.deepest) });
      const answers = await load(url, [request], { connections: 1, seconds });
      if (round > 0) measured.push(answers);
    }
  }
  const latencyOf = ({ owner, measured }: (typeof runs)[number]) => ({
    size: owner.size,
    p50: medianOf(measured, ({ p50 }) => p50),
    p95: medianOf(measured, ({ p95 }) => p95),
    p99: medianOf(measured, ({ p99 }) => p99),
  });
  return questions.map((question) => ({ title: question.title, latencies: runs.filter((run) => run.question === question).map(latencyOf) }));
}
