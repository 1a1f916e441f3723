import { PAGE_MAX_BYTES } from '@todo/contract';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Person, startTestApi, type TestApi } from '../testing/api.ts';
import { openWatch, seqOf } from '../testing/events.ts';

/** Their descriptions fill more than three pages: each character takes three bytes. */
const TASKS = 120;
const DESCRIPTION = '€'.repeat(10_000);

let api: TestApi;
let ada: Person;
/** All ids, in order of creation. */
let ids: string[];
/** A cursor of sync.changes before the first task. */
let since: string;

beforeAll(async () => {
  api = await startTestApi({ watching: { pollIntervalMs: 20 } });
  ada = await api.signUp();
  const { tasks, sync } = ada.client.jwt;
  since = (await sync.changes.query()).cursor;
  ids = [];
  for (let i = 0; i < TASKS; i += 20) {
    const made = await tasks.createMany.mutate({ tasks: Array.from({ length: 20 }, (_, n) => ({ title: `Task ${1_000 + i + n}`, description: DESCRIPTION })) });
    ids.push(...made.tasks.map(({ id }) => id));
  }
});
afterAll(() => api[Symbol.asyncDispose]());

/** The size in bytes ends each page, close to the limit except for the last. */
function expectBounded(pages: { items: unknown[] }[]) {
  expect(pages.length).toBeGreaterThan(3);
  for (const { items } of pages) expect(Buffer.byteLength(JSON.stringify(items))).toBeLessThanOrEqual(PAGE_MAX_BYTES + 2);
  for (const { items } of pages.slice(0, -1)) expect(Buffer.byteLength(JSON.stringify(items))).toBeGreaterThan(0.9 * PAGE_MAX_BYTES);
}

type Page<Item> = { items: Item[]; nextCursor: string | null };

async function pagesOf<Item>(read: (cursor: string | undefined) => Promise<Page<Item>>): Promise<Page<Item>[]> {
  const pages = [await read(undefined)];
  for (let cursor = pages[0]?.nextCursor; cursor; cursor = pages.at(-1)?.nextCursor) pages.push(await read(cursor));
  return pages;
}

const idsOf = (pages: Page<{ id: string }>[]) => pages.flatMap(({ items }) => items.map(({ id }) => id));

it('of tasks end early and go on without a gap or a repeat, in every order and in a search', async () => {
  const { tasks } = ada.client.jwt;
  const list = (input: object) => pagesOf((cursor) => tasks.list.query({ limit: 200, ...input, cursor }));
  for (const input of [
    { sort: 'title', order: 'asc' },
    { sort: 'title', order: 'desc' },
    { search: 'Task' },
    { sort: 'updated', order: 'asc' },
    { completed: false, order: 'asc' },
  ]) {
    const pages = await list(input);
    expectBounded(pages);
    expect(idsOf(pages).toSorted()).toEqual(ids.toSorted());
  }
  expect(idsOf(await list({ sort: 'title', order: 'asc' }))).toEqual(ids);
});

it('of history end early and go on without a gap or a repeat', async () => {
  const { history } = ada.client.jwt;
  const pages = await pagesOf((cursor) => history.list.query({ limit: 200, cursor }));
  expectBounded(pages);
  expect(pages.flatMap(({ items }) => items.map(({ seq }) => seq))).toEqual(Array.from({ length: TASKS }, (_, i) => TASKS - i));
});

it('of sync.changes end early and go on without a gap or a repeat, in a first read and after it', async () => {
  const { sync } = ada.client.jwt;
  for (const [cursor, wanted] of [
    [undefined, ids.toSorted()],
    [since, ids],
  ] as const) {
    const pages = [await sync.changes.query({ cursor, limit: 500 })];
    for (let page = pages[0]; page?.more; page = pages.at(-1)) pages.push(await sync.changes.query({ cursor: page.cursor, limit: 500 }));
    expectBounded(pages.map(({ changes }) => ({ items: changes })));
    expect(pages.flatMap(({ changes }) => changes.map(({ id }) => id))).toEqual(wanted);
    expect(pages.map(({ reset }) => reset)).toEqual(pages.map(() => false));
    expect(seqOf(pages.at(-1)?.cursor ?? '')).toBe(TASKS);
  }
});

it('of sync.watch end early and go on without a gap or a repeat, by whichever connection', async () => {
  const seen: string[] = [];
  const pages: { items: unknown[] }[] = [];
  let lastEventId = since;
  for (let more = true; more; ) {
    await using watch = await openWatch(api.fetch, ada.headers.jwt, { lastEventId });
    for (let i = 0; i < 2 && more; i += 1) {
      const page = await watch.next();
      if (typeof page === 'string') throw new Error(`The watch has ended: ${page}`);
      seen.push(...page.changes.map(({ id }) => id));
      pages.push({ items: page.changes });
      more = page.more;
      lastEventId = watch.lastId();
    }
  }
  expectBounded(pages);
  expect(seen).toEqual(ids);
});

it('of removed tasks end early and go on without a gap or a repeat', async () => {
  const { tasks } = ada.client.jwt;
  await tasks.removeMany.mutate({ ids });
  const pages = await pagesOf((cursor) => tasks.removed.query({ limit: 200, cursor }));
  expectBounded(pages);
  expect(idsOf(pages).toSorted()).toEqual(ids.toSorted());
});
