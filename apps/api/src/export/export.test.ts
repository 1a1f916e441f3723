import type { TaskExport } from '@todo/contract';
import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { credentialKinds, type Person, startTestApi, type TestApi } from '../testing/api.ts';
import { exported, openExport, readDocument, task, withTasks } from '../testing/export.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

async function everything({ client }: Person) {
  const items: unknown[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page: { items: unknown[]; nextCursor: string | null } = await client.jwt.tasks.list.query({ limit: 200, order: 'asc', ...(cursor && { cursor }) });
    items.push(...page.items);
    cursor = page.nextCursor;
  }
  return items;
}

type Content = Record<'title' | 'description' | 'completedAt', string | null | undefined>;

/** The tasks that result from replaying the history. */
function replayed({ history }: TaskExport): Map<string, Content> {
  const tasks = new Map<string, Content>();
  for (const event of history.toReversed()) {
    if (event.entity !== 'task') continue;
    const { id, action, changes } = event;
    const before = tasks.get(id) ?? { title: null, description: '', completedAt: null };
    const field = (name: keyof Content) => {
      expect(changes[name]?.from ?? before[name]).toBe(before[name]);
      return changes[name] ? changes[name].to : before[name];
    };
    const after = { title: field('title'), description: field('description'), completedAt: field('completedAt') };
    if (action === 'removed') tasks.delete(id);
    else tasks.set(id, after);
  }
  return tasks;
}

function assertConsistent(found: TaskExport): void {
  expect(found.history.map(({ seq }) => seq)).toEqual(Array.from({ length: found.upto }, (_, i) => found.upto - i));
  const exportedTasks = found.tasks.map(({ id, title, description, completedAt }) => [id, { title, description, completedAt }] as const);
  expect(new Map(exportedTasks)).toEqual(replayed(found));
}

describe('an export', () => {
  it.each(credentialKinds)('contains, by %s, all tasks and the whole history of its owner, and nothing else', async (kind) => {
    await withTasks(api, 3, 'Somebody');
    const ada = await api.signUp();
    const { tasks, history } = ada.client.jwt;
    const first = await tasks.create.mutate({ title: 'Buy "milk"', description: 'Two\nlitres 🥛' });
    await tasks.edit.mutate({ id: first.id, title: 'Buy oat milk' });
    const second = await tasks.create.mutate({ title: 'Gone' });
    await tasks.remove.mutate({ id: second.id });
    await tasks.complete.mutate({ id: first.id });

    const response = await api.fetch('/export', { headers: ada.headers[kind] });
    const text = await response.text();
    const found = readDocument(text);
    expect(found).toMatchObject({ upto: 5, wholeFrom: 1, tasks: (await tasks.list.query()).items, history: (await history.list.query()).items });
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'content-disposition': 'attachment; filename="todo-export.json"',
      'cache-control': 'no-store',
    });
    expect(text).not.toMatch(new RegExp(`${ada.userId}|${ada.email}`));
    for (let end = 1; end < text.trimEnd().length; end += 1) expect(() => JSON.parse(text.slice(0, end))).toThrow();
  });

  it('of a user without tasks is empty and complete', async () => {
    expect(await exported(await api.signUp())).toMatchObject({ upto: 0, wholeFrom: 1, tasks: [], history: [] });
  });

  it('shows the state when it began, although tasks change between its pages', async () => {
    const ada = await withTasks(api, 1_000);
    const before = await everything(ada);
    const { tasks } = ada.client.jwt;
    const { next, rest } = await openExport(api, ada);
    let text = await next();
    for (const at of [999, 0, 700]) {
      const { id } = task.parse(before[at]);
      await tasks.edit.mutate({ id, title: 'Changed meanwhile' });
      if (at % 2) await tasks.remove.mutate({ id });
      await tasks.create.mutate({ title: 'Made meanwhile' });
      text += (await next()) ?? '';
    }
    const found = readDocument(await rest(text));
    expect(found.tasks).toEqual(before);
    expect(found.upto).toBe(1_000);
    assertConsistent(found);
  });

  it('shows one state while many write concurrently', async () => {
    const ada = await withTasks(api, 450);
    const { tasks } = ada.client.jwt;
    const ids = (await exported(ada)).tasks.map(({ id }) => id);
    let writing = true;
    const write = async (n: number) => {
      for (let i = n; writing; i += 7) {
        const id = ids[i % ids.length] ?? '';
        await tasks.edit.mutate({ id, title: `Draft ${i}` }).catch(() => tasks.restore.mutate({ id }));
        await (i % 3 ? tasks.complete.mutate({ id }) : tasks.remove.mutate({ id })).catch(() => {});
        await tasks.create.mutate({ title: `New ${i}` });
      }
    };
    const writers = Promise.all([1, 2, 3].map(write));
    const found: TaskExport[] = [];
    for (let i = 0; i < 6; i += 1) found.push(...(await Promise.all([exported(ada), exported(ada)])));
    writing = false;
    await writers;
    expect(new Set(found.map(({ upto }) => upto)).size).toBeGreaterThan(3);
    found.forEach(assertConsistent);
  });

  it('works with more changes since it began than fit on a page', async () => {
    const ada = await withTasks(api, 450);
    const before = await exported(ada);
    const { next, rest } = await openExport(api, ada);
    const text = await next();
    await inspect(api.database.superuserUrl, `do $$ begin for i in 1..10 loop update tasks set title = i where user_id = '${ada.userId}'; end loop; end $$`);
    await inspect(api.database.superuserUrl, `delete from tasks where user_id = '${ada.userId}'`);
    const found = readDocument(await rest(text));
    expect(found).toEqual({ ...before, exportedAt: found.exportedAt });
    assertConsistent(found);
    assertConsistent(await exported(ada));
  });

  it('gives the position from which a trimmed history is complete', async () => {
    const ada = await withTasks(api, 5);
    const { tasks } = ada.client.jwt;
    const [first, second] = (await exported(ada)).tasks;
    await tasks.remove.mutate({ id: first?.id ?? '' });
    await tasks.edit.mutate({ id: second?.id ?? '', title: 'Changed' });
    await api.database.trimLog(ada.userId);
    const kept = await tasks.create.mutate({ title: 'After' });
    const found = await exported(ada);
    expect(found).toMatchObject({ upto: 8, wholeFrom: 8, history: [{ seq: 8, id: kept.id }] });
    expect(found.history).toHaveLength(1);
    expect(found.tasks).toHaveLength(5);
    expect(found.tasks).toEqual(expect.arrayContaining(await everything(ada)));
  });
});
