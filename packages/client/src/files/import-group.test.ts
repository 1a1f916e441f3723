import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startTestApi } from '@todo/api/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { readTaskFile } from '../import.ts';
import { createTodoClient } from '../index.ts';
import { listen } from '../testing/client.ts';

const cleanUp = new AsyncDisposableStack();
afterAll(() => cleanUp.disposeAsync());
const api = cleanUp.use(await startTestApi());
const server = cleanUp.use(await listen(async (request) => api.fetch(request.url, request)));

async function newcomer() {
  const todo = createTodoClient({ url: server.url });
  await todo.signUp({ name: 'Ada', email: `${randomUUID()}@example.com`, password: 'correct horse' });
  return todo;
}

const fixture = (name: string) => readFileSync(join(import.meta.dirname, '..', '..', 'fixtures', name));
const files = [
  'google-order.json',
  'vikunja-projects.json',
  'ticktick-parents.csv',
  'todoist-levels.csv',
  'icalendar-order.ics',
  'super-productivity-archive.json',
];

describe('the import of a file', () => {
  it.each(files)('%s makes lists, then tasks, nothing twice, and is taken back as one', async (name) => {
    const [todo, other] = [await newcomer(), await newcomer()];
    await todo.tasks.create({ title: 'Mine' });
    const file = readTaskFile(fixture(name), { name, timeZone: 'Europe/Berlin' });
    const counts = { created: file.tasks.length, unchanged: 0, conflicts: [], lists: { created: file.lists.length, unchanged: 0, conflicts: [] } };
    expect(await todo.importTasks(file, { dryRun: true })).toMatchObject(counts);
    expect((await todo.tasks.list()).items).toHaveLength(1);

    server.asked.splice(0);
    const { groupId, ...first } = await todo.importTasks(file);
    expect(first).toMatchObject(counts);
    expect(server.asked.filter((path) => path.includes('import'))).toEqual([...(file.lists.length > 0 ? ['/trpc/lists.import'] : []), '/trpc/tasks.import']);
    expect((await todo.lists.list()).items.map((list) => list.name).sort()).toEqual(file.lists.map((list) => list.name).sort());
    expect((await todo.tasks.list()).items).toHaveLength(file.tasks.length + 1);

    const again = readTaskFile(fixture(name), { name, timeZone: 'Europe/Berlin' });
    expect(await todo.importTasks(again)).toMatchObject({ created: 0, lists: { created: 0 } });
    expect(await other.importTasks(again)).toMatchObject(counts);

    await todo.history.undo({ of: { groupId } });
    expect((await todo.tasks.list()).items).toMatchObject([{ title: 'Mine' }]);
    expect((await todo.lists.list()).items).toEqual([]);
    expect((await other.tasks.list()).items).toHaveLength(file.tasks.length);
  });

  it('reports the progress over lists and tasks, and is of the group that its caller chose', async () => {
    const todo = await newcomer();
    const groupId = randomUUID();
    const lists = Array.from({ length: 3 }, (_, i) => ({ id: randomUUID(), name: `List ${i}` }));
    const tasks = Array.from({ length: 700 }, (_, i) => ({ id: randomUUID(), title: `Task ${i}` }));
    const progress: [number, number][] = [];
    expect(await todo.importTasks({ lists, tasks }, { groupId, onProgress: (...done) => progress.push(done) })).toMatchObject({ groupId, created: 700 });
    expect(progress).toEqual([
      [3, 703],
      [503, 703],
      [703, 703],
    ]);
    await todo.history.undo({ of: { groupId } });
    expect(await todo.tasks.counts()).toMatchObject({ open: 0 });
  });

  it('sends nothing if a list or a task is not valid', async () => {
    const todo = await newcomer();
    server.asked.splice(0);
    const bad = todo.importTasks({ lists: [{ id: randomUUID(), name: ' ' }], tasks: [{ id: randomUUID(), title: 'Fine' }] });
    await expect(bad).rejects.toMatchObject({ reason: 'INVALID_INPUT', fields: { 'lists.0.name': ['must not be blank'] } });
    await expect(todo.importTasks({ lists: [], tasks: [{ id: randomUUID(), title: ' ' }] })).rejects.toMatchObject({
      fields: { 'tasks.0.title': ['must not be blank'] },
    });
    expect(server.asked).toEqual([]);
  });
});
