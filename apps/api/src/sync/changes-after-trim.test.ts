import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plain, startTestApi, type TestApi } from '../testing/api.ts';
import { type Page, seqOf } from '../testing/events.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

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

describe('sync.changes of a trimmed log', () => {
  /** Last log position at the time of the trim. */
  const DROPPED = 7;

  /** Makes seven changes (five tasks, one edit, one removal) and keeps the cursor after each, then trims the log and creates a sixth task. */
  async function trimmed() {
    const made = await person();
    const cursors: string[] = [];
    const read = async () => cursors.push((await made.changes({})).cursor);
    const ids = [];
    for (let i = 1; i <= 5; i += 1) {
      ids.push((await made.create(`Task ${i}`)).id);
      await read();
    }
    await made.tasks.remove.mutate({ id: ids[0] ?? '' });
    await read();
    await made.tasks.edit.mutate({ id: ids[1] ?? '', title: 'Changed' });
    await read();
    const trim = () => api.database.trimLog(made.userId);
    await trim();
    await made.create('After');
    return { ...made, cursors, trim };
  }

  it('a reader within the trimmed part starts anew, one after it continues', async () => {
    const { changes, cursors } = await trimmed();
    const all = await changes({});
    for (const cursor of cursors.slice(0, DROPPED - 1)) expect(await changes({ cursor })).toEqual({ ...all, reset: true });
    expect(await changes({ cursor: cursors.at(-1) })).toMatchObject({ changes: [{ seq: DROPPED + 1 }], cursor: all.cursor, reset: false });
  });

  it.each([1, 2, 3, 500])('a first read in pages of %i ends', async (limit) => {
    const { tasks, changes } = await trimmed();
    const seen = (await readOn(changes, undefined, limit)).map(({ value }) => value);
    expect(seen).toHaveLength(5);
    expect(seen).toEqual(expect.arrayContaining((await tasks.list.query()).items));
  });

  it('a reader at the end of the log before the trim continues from there', async () => {
    const { changes, trim, create } = await trimmed();
    const { cursor } = await changes({});
    await trim();
    expect(await changes({ cursor })).toEqual({ changes: [], seq: seqOf(cursor), cursor, more: false, reset: false });
    await create('Since');
    expect(await changes({ cursor })).toMatchObject({ changes: [{ seq: seqOf(cursor) + 1 }], reset: false });
    expect(await changes({ cursor: `${seqOf(cursor)}.${zeros}` })).toMatchObject({ reset: true });
  });

  it('a first read starts anew when the log is trimmed further meanwhile, because it would miss the removals', async () => {
    const { tasks, changes, trim } = await trimmed();
    const { changes: expected, cursor } = await changes({ limit: 2 });
    expect(await changes({ cursor })).toMatchObject({ reset: false, more: false });
    await tasks.remove.mutate({ id: expected[0]?.id ?? '' });
    await tasks.create.mutate({ title: 'Last' });
    await trim();
    expect(await changes({ cursor })).toEqual({ ...(await changes({})), reset: true });
  });
});
