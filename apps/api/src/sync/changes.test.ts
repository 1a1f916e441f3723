import { randomUUID } from 'node:crypto';
import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plain, startTestApi, type TestApi } from '../testing/api.ts';
import { cursorAt, type Page, seqOf } from '../testing/events.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const nobodys = { changes: [], seq: 0, cursor: '0.', more: false, reset: false };
const zeros = '0'.repeat(16);

async function person() {
  const { userId, client } = await api.signUp();
  const { tasks, sync } = client.jwt;
  const create = async (title: string) => plain(await tasks.create.mutate({ title }));
  return { userId, tasks, create, changes: sync.changes.query };
}

/** All changes up to the last page. No page may have `reset`. */
async function readOn(changes: (input: { cursor?: string | undefined; limit: number }) => Promise<Page>, cursor: string | undefined, limit: number) {
  const seen: Page['changes'] = [];
  for (let page = await changes({ cursor, limit }); ; page = await changes({ cursor: page.cursor, limit })) {
    expect(page.reset).toBe(false);
    seen.push(...page.changes);
    if (!page.more) return seen;
  }
}

describe('a first read', () => {
  it('returns each existing task once, as it is now, at the position where the read began', async () => {
    const { tasks, create, changes } = await person();
    const [first, second, third] = [await create('First'), await create('Second'), await create('Third')];
    await tasks.edit.mutate({ id: first.id, title: 'First, changed' });
    await tasks.remove.mutate({ id: second.id });
    const completed = plain(await tasks.complete.mutate({ id: first.id }));
    const expected = [completed, third].sort((a, b) => (a.id < b.id ? -1 : 1)).map((value) => ({ seq: 6, entity: 'task', id: value.id, value }));
    expect(await changes({})).toEqual({ changes: expected, seq: 6, cursor: cursorAt(6), more: false, reset: false });
  });

  it('answers in pages, and then goes on with the events since it began, removals among them', async () => {
    const { tasks, create, changes } = await person();
    const made = [];
    for (let i = 1; i <= 5; i += 1) made.push(await create(`Task ${i}`));
    const ids = made.map(({ id }) => id).sort();
    const page = await changes({ limit: 2 });
    expect([page.changes.map(({ seq, id }) => [seq, id]), page.more]).toEqual([ids.slice(0, 2).map((id) => [5, id]), true]);
    expect(page.cursor).toMatch(new RegExp(`^5\\.[\\da-f]{16}\\.task\\.${ids[1]}$`));
    await tasks.remove.mutate({ id: ids[0] ?? '' });
    const late = await create('Late');
    const seen = await readOn(changes, page.cursor, 2);
    expect(seen.map(({ seq, id, value }) => [seq, id, value === null])).toEqual([
      ...[...ids.slice(2), late.id].sort().map((id) => [5, id, false]),
      [6, ids[0], true],
      [7, late.id, false],
    ]);
  });

  it('of a user without tasks is an empty page, whose cursor can be continued', async () => {
    const { create, changes } = await person();
    const { cursor, ...page } = await changes({});
    expect({ cursor, ...page }).toEqual(nobodys);
    const task = await create('First');
    expect(await changes({ cursor })).toEqual({
      changes: [{ seq: 1, entity: 'task', id: task.id, value: task }],
      seq: 1,
      cursor: cursorAt(1),
      more: false,
      reset: false,
    });
  });
});

describe('what has changed since', () => {
  it('is returned once for each task, as it is now, at the position of its last change', async () => {
    const { tasks, create, changes } = await person();
    const begin = await changes({});
    const [first, second, third] = [await create('First'), await create('Second'), await create('Third')];
    await tasks.edit.mutate({ id: first.id, title: 'First, changed' });
    const middle = await changes({});
    await tasks.remove.mutate({ id: second.id });
    const completed = plain(await tasks.complete.mutate({ id: first.id }));
    const expected = [
      { seq: 3, entity: 'task', id: third.id, value: third },
      { seq: 5, entity: 'task', id: second.id, value: null },
      { seq: 6, entity: 'task', id: first.id, value: completed },
    ];
    const end = await changes({ cursor: begin.cursor });
    expect(end).toEqual({ changes: expected, seq: 6, cursor: cursorAt(6), more: false, reset: false });
    expect(await changes({ cursor: middle.cursor })).toEqual({ ...end, changes: expected.slice(1) });
    expect(await changes({ cursor: end.cursor })).toEqual({ ...end, changes: [] });
  });

  it('includes a restored task in its restored state', async () => {
    const { tasks, create, changes } = await person();
    const { cursor } = await changes({});
    const { id } = await create('Lost and found');
    await tasks.remove.mutate({ id });
    const task = plain(await tasks.restore.mutate({ id }));
    expect(await changes({ cursor })).toEqual({
      changes: [{ seq: 3, entity: 'task', id, value: task }],
      seq: 3,
      cursor: cursorAt(3),
      more: false,
      reset: false,
    });
  });

  it('comes in pages, the last of which leads to the end of the log', async () => {
    const { create, changes } = await person();
    const { cursor } = await changes({});
    for (let i = 1; i <= 5; i += 1) await create(`Task ${i}`);
    const pages = [];
    for (let page = await changes({ cursor, limit: 2 }); ; page = await changes({ cursor: page.cursor, limit: 2 })) {
      pages.push([page.changes.map(({ seq }) => seq), seqOf(page.cursor), page.more]);
      if (!page.more) break;
    }
    expect(pages).toEqual([
      [[1, 2], 2, true],
      [[3, 4], 4, true],
      [[5], 5, false],
    ]);
  });

  it('skips many superseded changes, and still reaches the end', async () => {
    const { userId, tasks, changes } = await person();
    await tasks.createMany.mutate({ tasks: Array.from({ length: 50 }, (_, i) => ({ title: `Task ${i}` })) });
    const { cursor } = await changes({});
    const rename = `do $$ begin for i in 1..90 loop update tasks set description = i where user_id = '${userId}'; end loop; end $$`;
    await inspect(api.database.superuserUrl, rename);
    // As autovacuum does: a plan that was made for the empty table would read the log anew for each event.
    await inspect(api.database.superuserUrl, 'analyze events');
    const pages = [await changes({ cursor })];
    for (let page = pages[0]; page?.more && pages.length < 9; page = pages.at(-1)) pages.push(await changes({ cursor: page.cursor }));
    expect(pages.map(({ changes, cursor, more }) => [changes.length, seqOf(cursor), more])).toEqual([
      [0, 2050, true],
      [0, 4050, true],
      [50, 4550, false],
    ]);
    expect(pages.at(-1)?.changes.map(({ seq, value }) => ({ seq, value }))).toMatchObject(
      Array.from({ length: 50 }, (_, i) => ({ seq: 4501 + i, value: { description: '90' } })),
    );
  });

  it('starts anew, at once, for a reader who has read further than the log goes, or another log', async () => {
    const { create, changes } = await person();
    const { cursor: empty } = await changes({});
    expect(await changes({ cursor: `1.${zeros}` })).toEqual({ ...nobodys, reset: true });
    await create('Only');
    const all = await changes({});
    const own = all.cursor.split('.')[1];
    for (const cursor of [
      `2.${own}`,
      `${'9'.repeat(15)}.${own}`,
      `1.${zeros}`,
      '1.',
      `0.${own}`,
      `1.${zeros}.task.${randomUUID()}`,
      `2.${own}.list.${randomUUID()}`,
    ]) {
      expect(await changes({ cursor })).toEqual({ ...all, reset: true });
    }
    expect(await changes({ cursor: all.cursor })).toEqual({ ...all, changes: [] });
    expect(await changes({ cursor: empty })).toEqual(all);
  });

  it('starts anew with the cursor of another owner', async () => {
    const [ada, ben] = [await person(), await person()];
    for (let i = 0; i < 3; i += 1) await ada.create('Secret');
    const cursors = [(await ada.changes({})).cursor, (await ada.changes({ limit: 1 })).cursor];
    for (const cursor of cursors) expect(await ben.changes({ cursor })).toEqual({ ...nobodys, reset: true });
    for (let i = 0; i < 3; i += 1) await ben.create('Mine');
    const own = await ben.changes({});
    for (const cursor of cursors) expect(await ben.changes({ cursor })).toEqual({ ...own, reset: true });
  });
});
