import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plain, startTestApi, type TestApi } from '../testing.ts';
import { cursorAt, seqOf } from '../testing-events.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const nobodys = { changes: [], cursor: '0', more: false, reset: false };
const fromStart = { changes: [], cursor: '0', more: true, reset: true };

async function person() {
  const { userId, client } = await api.signUp();
  const { tasks, sync } = client.jwt;
  const create = async (title: string) => plain(await tasks.create.mutate({ title }));
  return { userId, tasks, create, changes: sync.changes.query };
}

describe('sync.changes', () => {
  it('tells each task once, as it is now, at the number of its last change', async () => {
    const { tasks, create, changes } = await person();
    const [first, second, third] = [await create('First'), await create('Second'), await create('Third')];
    const edited = await tasks.edit.mutate({ id: first.id, title: 'First, changed' });
    await tasks.remove.mutate({ id: second.id });
    const completed = plain(await tasks.complete.mutate({ id: first.id }));
    expect(completed).toMatchObject({ ...plain(edited), version: 3, completedAt: expect.any(String), updatedAt: expect.any(String) });

    const told = [
      { seq: 3, entity: 'task', id: third.id, value: third },
      { seq: 5, entity: 'task', id: second.id, value: null },
      { seq: 6, entity: 'task', id: first.id, value: completed },
    ];
    expect(await changes({})).toEqual({ changes: told, cursor: cursorAt(6), more: false, reset: false });
    expect(await changes({ cursor: '4' })).toEqual({ changes: told.slice(1), cursor: cursorAt(6), more: false, reset: false });
    expect(await changes({ cursor: '6' })).toEqual({ changes: [], cursor: cursorAt(6), more: false, reset: false });
  });

  it('tells a task that came back as it came back', async () => {
    const { tasks, create, changes } = await person();
    const { id } = await create('Lost and found');
    await tasks.remove.mutate({ id });
    const task = plain(await tasks.restore.mutate({ id }));
    expect(await changes({})).toEqual({ changes: [{ seq: 3, entity: 'task', id: id, value: task }], cursor: cursorAt(3), more: false, reset: false });
  });

  it('answers in pages, the last of which leads to the end of the log', async () => {
    const { create, changes } = await person();
    for (let i = 1; i <= 5; i += 1) await create(`Task ${i}`);
    const pages = [await changes({ limit: 2 }), await changes({ cursor: '2', limit: 2 }), await changes({ cursor: '4', limit: 2 })];
    expect(pages.map(({ changes, cursor, more }) => [changes.map(({ seq }) => seq), seqOf(cursor), more])).toEqual([
      [[1, 2], 2, true],
      [[3, 4], 4, true],
      [[5], 5, false],
    ]);
    expect(await changes({ cursor: '3', limit: 2 })).toMatchObject({ cursor: cursorAt(5), more: false });
  });

  it('passes over many changes that are superseded, and comes to the end all the same', async () => {
    const { userId, create, changes } = await person();
    const first = await create('First');
    const last = await create('Last');
    const rename = `do $$ begin for i in 1..4500 loop update tasks set title = 'Last ' || i where user_id = '${userId}' and id = '${last.id}'; end loop; end $$`;
    await inspect(api.database.superuserUrl, rename);
    const pages = [await changes({})];
    for (let page = pages[0]; page?.more && pages.length < 9; page = pages.at(-1)) pages.push(await changes({ cursor: page.cursor }));
    expect(pages.map(({ changes, more }) => [changes.map(({ seq }) => seq), more])).toEqual([
      [[1], true],
      [[], true],
      [[4502], false],
    ]);
    expect(pages[0]?.changes).toEqual([{ seq: 1, entity: 'task', id: first.id, value: first }]);
    expect(pages.at(-1)).toMatchObject({ changes: [{ value: { title: 'Last 4500' } }], cursor: cursorAt(4502) });
  });

  it('of somebody who has no task yet is an empty page', async () => {
    const { changes } = await person();
    expect(await changes({})).toEqual(nobodys);
  });

  it('asks a reader who has read further than the log goes to start anew', async () => {
    const { create, changes } = await person();
    expect(await changes({ cursor: '1' })).toEqual(fromStart);
    await create('Only');
    expect(await changes({ cursor: '2' })).toEqual(fromStart);
    expect(await changes({ cursor: '9'.repeat(15) })).toEqual(fromStart);
    expect(await changes({ cursor: '-2' })).toEqual(fromStart);
    expect(await changes({ cursor: '1' })).toMatchObject({ changes: [], reset: false });
  });

  it('makes nothing of the number of another owner', async () => {
    const [ada, ben] = [await person(), await person()];
    for (let i = 0; i < 3; i += 1) await ada.create('Secret');
    const { cursor } = await ada.changes({});
    expect(await ben.changes({ cursor })).toEqual(fromStart);
    const own = await ben.create('Mine');
    expect(await ben.changes({})).toEqual({ changes: [{ seq: 1, entity: 'task', id: own.id, value: own }], cursor: cursorAt(1), more: false, reset: false });
  });
});

describe('of a log whose beginning was dropped', () => {
  /** Where the log ended when it was trimmed. */
  const DROPPED = 7;

  /** Five tasks, one of them removed, another changed, and of all that no more told than what is there; then a sixth task. */
  async function trimmed() {
    const made = await person();
    const tasks = [];
    for (let i = 1; i <= 5; i += 1) tasks.push(await made.create(`Task ${i}`));
    const [first, second] = tasks;
    if (!first || !second) throw new Error('There must be five.');
    await made.tasks.remove.mutate({ id: first.id });
    await made.tasks.edit.mutate({ id: second.id, title: 'Changed' });
    const trim = () => api.database.trimLog(made.userId);
    await trim();
    await made.create('After');
    return { ...made, trim };
  }

  it('a reader who was in the middle of it starts anew, one who was past it goes on', async () => {
    const { changes } = await trimmed();
    const { cursor } = await changes({});
    for (let since = 1; since < DROPPED; since += 1) expect(await changes({ cursor: `${since}` })).toEqual(fromStart);
    expect(await changes({ cursor: `${DROPPED}` })).toMatchObject({ changes: [{ seq: 8 }], cursor, reset: false });
  });

  it.each([1, 2, 3, 500])('a first reading in pages of %i comes to its end', async (limit) => {
    const { tasks, changes } = await trimmed();
    const seen: unknown[] = [];
    let page = await changes({ limit });
    for (let calls = 0; calls < 10; calls += 1) {
      expect(page.reset).toBe(false);
      seen.push(...page.changes.flatMap(({ value: task }) => (task ? [task] : [])));
      if (!page.more) break;
      page = await changes({ cursor: page.cursor, limit });
    }
    expect(page).toMatchObject({ cursor: cursorAt(8), more: false });
    expect(seen).toHaveLength(5);
    expect(seen).toEqual(expect.arrayContaining((await tasks.list.query()).items));
  });

  it('a reader who was told the end of it before goes on from there', async () => {
    const { changes, trim, create } = await trimmed();
    const { cursor } = await changes({});
    await trim();
    expect(await changes({ cursor })).toEqual({ changes: [], cursor, more: false, reset: false });
    await create('Since');
    expect(await changes({ cursor })).toMatchObject({ changes: [{ seq: seqOf(cursor) + 1 }], reset: false });
    expect(await changes({ cursor: `${seqOf(cursor)}.${'0'.repeat(16)}` })).toEqual(fromStart);
  });

  it('a first reading begins anew when the log is trimmed further meanwhile, for it would miss what went', async () => {
    const { tasks, changes, trim } = await trimmed();
    const { changes: told, cursor } = await changes({ limit: 2 });
    expect(seqOf(cursor)).toBeLessThan(0);
    expect(await changes({ cursor })).toMatchObject({ reset: false, more: false });
    await tasks.remove.mutate({ id: told[0]?.id ?? '' });
    await tasks.create.mutate({ title: 'Last' });
    await trim();
    expect(await changes({ cursor })).toEqual(fromStart);
  });
});
