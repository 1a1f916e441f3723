import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cursorAfter, LAST, startLongLog } from '../testing/log.ts';

const PAGE = 200;
/** Events that one page reads at most. */
const SCAN = 2_000;
/** Buffers to look up two events and the first of the page: three index pages and one table page each, and the planner's look at the indexes of tasks and lists. */
const LOOK_UP = 16;

let log: Awaited<ReturnType<typeof startLongLog>>;
beforeAll(async () => {
  log = await startLongLog();
});
afterAll(() => log[Symbol.asyncDispose]());

async function planOf(since: number, mode: 'custom' | 'generic') {
  const { found, ...plan } = await log.planOf(({ sync }) => sync.changes.query({ cursor: cursorAfter(since), limit: PAGE }), mode);
  return { ...plan, found: found.changes.length };
}

describe.each(['custom', 'generic'] as const)('by a %s plan', (mode) => {
  it.each([0, LAST / 2, LAST - 10, LAST])('the changes since %i are read by index in their order, and nothing but a page is sorted', async (since) => {
    const { indexes, steps } = await planOf(since, mode);
    expect(indexes).toEqual([
      'events_entity_idx',
      'events_pkey',
      'events_pkey',
      'events_pkey',
      'lists_pkey',
      'lists_pkey',
      'owners_pkey',
      'tasks_pkey',
      'tasks_pkey',
    ]);
    expect(steps.filter((step) => /Sort|Seq Scan|Bitmap|Hash|Merge/.test(step))).toEqual(['Sort']);
    expect(steps[0]).toBe('Sort');
  });

  it('a page costs no more than its bound, though all that it looks at is superseded', async () => {
    const superseded = await planOf(0, mode);
    expect(superseded.found).toBe(0);
    expect(superseded.buffers).toBeLessThanOrEqual(SCAN * 8);
  });

  it('a page that is full looks no further', async () => {
    const dense = await planOf(LAST - SCAN, mode);
    expect(dense.found).toBe(PAGE);
    expect(dense.buffers).toBeLessThanOrEqual(PAGE * 11);
  });

  it('what is new costs what is new, however long the log is', async () => {
    const nothing = await planOf(LAST, mode);
    const some = await planOf(LAST - 10, mode);
    expect([nothing.found, some.found]).toEqual([0, 10]);
    expect(nothing.buffers).toBeLessThanOrEqual(10 + LOOK_UP);
    expect(some.buffers).toBeLessThanOrEqual(10 + LOOK_UP + 10 * 12);
  });
});
