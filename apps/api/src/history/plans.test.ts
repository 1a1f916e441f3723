import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LAST, startLongLog } from '../testing/log.ts';

const PAGE = 50;

let log: Awaited<ReturnType<typeof startLongLog>>;
let taskId: string;
/** Cursors to the middle of the list and near its end. */
const cursors: Record<'history' | 'removed', string[]> = { history: [], removed: [] };

const cursorAt = (order: string, seq: number) => Buffer.from(JSON.stringify([order, String(seq), taskId])).toString('base64url');

beforeAll(async () => {
  log = await startLongLog();
  const { found } = await log.planOf(({ tasks }) => tasks.removed.query(), 'custom');
  taskId = found.items[0]?.id ?? '';
  cursors.history = [LAST / 2, 2 * PAGE].map((seq) => cursorAt('history', seq));
  cursors.removed = [LAST - 500, LAST - 1_000].map((seq) => cursorAt('removed', seq));
});
afterAll(() => log[Symbol.asyncDispose]());

const unordered = (steps: string[]) => steps.filter((step) => /Sort|Seq Scan|Bitmap|Hash|Merge/.test(step));

describe.each(['custom', 'generic'] as const)('by a %s plan', (mode) => {
  it('a page of what happened is read by index in its order, and the deepest costs what the first does', async () => {
    const pages = [];
    for (const cursor of [undefined, ...cursors.history]) pages.push(await log.planOf(({ history }) => history.list.query({ limit: PAGE, cursor }), mode));
    for (const { found, indexes, steps, buffers } of pages) {
      expect(found.items).toHaveLength(PAGE);
      expect(indexes).toEqual(['events_pkey', 'owners_pkey']);
      expect(unordered(steps)).toEqual([]);
      expect(buffers).toBeLessThanOrEqual(2 * PAGE);
    }
  });

  it('what happened to one task is read by its own index', async () => {
    const { found, indexes, steps, buffers } = await log.planOf(({ history }) => history.list.query({ id: taskId, limit: 5 }), mode);
    expect(found.items).toHaveLength(5);
    expect(indexes).toEqual(['events_entity_idx', 'owners_pkey']);
    expect(unordered(steps)).toEqual([]);
    expect(buffers).toBeLessThanOrEqual(4 * 5);
  });

  it('a page of the removed tasks is read by index in its order, and the deepest costs what the first does', async () => {
    const pages = [];
    for (const cursor of [undefined, ...cursors.removed]) pages.push(await log.planOf(({ tasks }) => tasks.removed.query({ limit: PAGE, cursor }), mode));
    for (const { found, indexes, steps, buffers } of pages) {
      expect(found.items).toHaveLength(PAGE);
      expect(indexes).toEqual(['events_entity_idx', 'events_removed_idx']);
      expect(unordered(steps)).toEqual([]);
      expect(buffers).toBeLessThanOrEqual(8 * PAGE);
    }
  });
});
