import { randomUUID } from 'node:crypto';
import { startTestApi } from '@todo/api/testing';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { readTaskFile } from '../import.ts';
import { createTodoClient, type ImportTask, type TodoClient, TodoError } from '../index.ts';
import { listen } from '../testing/client.ts';

const IMPORT_PATH = '/trpc/tasks.import';

const cleanUp = new AsyncDisposableStack();
afterAll(() => cleanUp.disposeAsync());
const api = cleanUp.use(await startTestApi());
/** A title that is blanked on its way to the server, to simulate a rule that this client does not know. */
let blanked: string | undefined;
/** Truncates the next responses, as a lost connection does. */
let breaking = 0;
const server = cleanUp.use(
  await listen(async (request) => {
    const isBlanked = blanked !== undefined && request.url.endsWith(IMPORT_PATH);
    const body = isBlanked ? (await request.text()).replace(`"${blanked}"`, '" "') : null;
    const response = await api.fetch(request.url, body === null ? request : new Request(request, { body }));
    if (breaking === 0 || !response.body || !request.url.endsWith('/export')) return response;
    breaking -= 1;
    const text = await response.text();
    return new Response(text.slice(0, text.length / 2), response);
  }),
);
beforeEach(() => {
  server.asked.splice(0);
});

async function newcomer(): Promise<TodoClient> {
  const todo = createTodoClient({ url: server.url });
  await todo.signUp({ name: 'Ada', email: `${randomUUID()}@example.com`, password: 'correct horse' });
  return todo;
}
const fresh = (count: number, description = ''): ImportTask[] =>
  Array.from({ length: count }, (_, i) => ({ id: randomUUID(), title: `Task ${i}`, description, completedAt: null }));
const failure = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );
const calls = () => server.asked.filter((path) => path === IMPORT_PATH).length;

describe('exportAccount', () => {
  it('gives a file that another account can take over', async () => {
    const [ada, ben] = [await newcomer(), await newcomer()];
    const { id } = await ada.tasks.create({ title: 'Buy milk', description: 'Two' });
    await ada.tasks.create({ title: 'Buy bread' });
    const done = await ada.tasks.complete({ id });
    const file = JSON.stringify(await ada.exportAccount());
    expect(JSON.parse(file)).toMatchObject({ format: 'todo-export', version: 3, upto: 3, history: (await ada.history.list()).items });

    const { tasks, problems, ignored } = readTaskFile(file);
    expect([problems, ignored]).toEqual([[], []]);
    expect(await ben.importTasks(tasks)).toMatchObject({ created: 2, unchanged: 0, conflicts: [] });
    expect(await ben.tasks.get({ id })).toMatchObject({ title: 'Buy milk', description: 'Two', completedAt: done.completedAt, version: 1 });
    expect(await ada.importTasks(tasks)).toMatchObject({ created: 0, unchanged: 2, conflicts: [] });
  });

  it('gives an export of no tasks to who has none, and its reader says so', async () => {
    const ada = await newcomer();
    const file = readTaskFile(JSON.stringify(await ada.exportAccount()));
    expect(file).toMatchObject({ lists: [], tasks: [], problems: [{ line: 0, message: 'This export holds no lists and no tasks.' }], notes: [], ignored: [] });
  });

  it('never takes an export that was cut off for a whole one', async () => {
    const ada = await newcomer();
    await ada.importTasks(fresh(3));
    breaking = 2;
    expect(await ada.exportAccount()).toMatchObject({ upto: 3 });
    expect(breaking).toBe(0);
    expect(server.asked.filter((path) => path === '/export')).toHaveLength(3);
    const file = JSON.stringify(await ada.exportAccount());
    expect(() => readTaskFile(file.slice(0, -1))).toThrow(TodoError);
  });

  it('fails like any other call', async () => {
    const ada = await newcomer();
    expect(await failure(ada.exportAccount({ signal: AbortSignal.abort() }))).toMatchObject({ reason: 'CALL_ABORTED' });
    await ada.signOut();
    expect(await failure(ada.exportAccount())).toMatchObject({ name: 'TodoError', reason: 'UNAUTHENTICATED' });
  });
});

describe('importTasks', () => {
  it('splits a file into calls within the limits, and reports progress', async () => {
    const ada = await newcomer();
    const tasks = [...fresh(1_010), ...fresh(60, '🧀'.repeat(9_000))];
    const progress: [number, number][] = [];
    const result = await ada.importTasks(tasks, { onProgress: (done, all) => progress.push([done, all]) });
    expect(result).toMatchObject({ created: 1_070, unchanged: 0, conflicts: [] });
    expect(progress.slice(0, 2)).toEqual([
      [500, 1_070],
      [1_000, 1_070],
    ]);
    expect(progress.at(-1)).toEqual([1_070, 1_070]);
    expect(calls()).toBe(progress.length);
    expect(calls()).toBeGreaterThan(5);
    expect(await ada.tasks.counts()).toEqual({ open: 1_070, completed: 0 });
  });

  it('sends no request without tasks', async () => {
    const ada = await newcomer();
    expect(await ada.importTasks([])).toMatchObject({ created: 0, unchanged: 0, conflicts: [] });
    expect(calls()).toBe(0);
  });

  it('goes on where it failed when it is run again', async () => {
    const ada = await newcomer();
    const tasks = fresh(1_200);
    const stop = new AbortController();
    const failed = await failure(ada.importTasks(tasks, { signal: stop.signal, onProgress: (done) => done === 1_000 && stop.abort() }));
    expect(failed).toMatchObject({ reason: 'CALL_ABORTED' });
    expect(await ada.tasks.counts()).toEqual({ open: 1_000, completed: 0 });
    expect(await ada.importTasks(tasks, { dryRun: true })).toMatchObject({ created: 200, unchanged: 1_000, conflicts: [] });
    expect(await ada.importTasks(tasks)).toMatchObject({ created: 200, unchanged: 1_000, conflicts: [] });
    expect(await ada.tasks.counts()).toEqual({ open: 1_200, completed: 0 });
  });

  it('makes each task once though answers are lost', async () => {
    const ada = await newcomer();
    server.lose(IMPORT_PATH, 2);
    expect(await ada.importTasks(fresh(600))).toMatchObject({ created: 600, unchanged: 0, conflicts: [] });
    expect(server.lost.splice(0)).toHaveLength(2);
    expect((await ada.history.list({ limit: 1 })).items[0]?.seq).toBe(600);
  });

  it('reads every task before it sends one, and names each fault by its index', async () => {
    const ada = await newcomer();
    const tasks: unknown[] = fresh(1_200);
    const [first] = tasks;
    const damage = {
      3: null,
      7: { id: randomUUID(), title: 7, description: [] },
      11: { id: 'x', title: ' ', completedAt: '2026-02-30T00:00:00Z' },
      1100: { id: randomUUID(), title: 'a'.repeat(501) },
      1199: first,
    };
    const failed = await failure(ada.importTasks(JSON.parse(JSON.stringify(Object.assign(tasks, damage)))));
    expect(failed).toMatchObject({
      reason: 'INVALID_INPUT',
      index: 3,
      fields: {
        'tasks.3': ['must be an object'],
        'tasks.7.title': ['must be text'],
        'tasks.7.description': ['must be text'],
        'tasks.11.id': ['must be a UUID'],
        'tasks.11.title': ['must not be blank'],
        'tasks.11.completedAt': [expect.stringContaining('must be a real date')],
        'tasks.1100.title': ['must have at most 500 characters'],
        'tasks.1199.id': ['must not repeat an earlier one'],
      },
    });
    expect(await failure(ada.importTasks(JSON.parse('{}')))).toMatchObject({ reason: 'INVALID_INPUT', fields: { tasks: ['must be an array'] } });
    expect(calls()).toBe(0);
  });

  it('imports a damaged export except for the tasks it reports', async () => {
    const [ada, ben] = [await newcomer(), await newcomer()];
    await ada.importTasks(fresh(1_100));
    const { tasks, ...rest } = await ada.exportAccount();
    const damaged = [...tasks.slice(0, 1_098), null, { ...tasks[1_099], title: '\n' }];
    const file = readTaskFile(JSON.stringify({ ...rest, tasks: damaged }));
    expect(file.problems).toEqual([
      { line: 1_099, message: 'Task 1099: The task must be an object.' },
      { line: 1_100, message: 'Task 1100: The title must not be blank.' },
    ]);
    expect(await ben.importTasks(file.tasks)).toMatchObject({ created: 1_098, unchanged: 0, conflicts: [] });
  });

  it('imports a file once, whatever form it was saved in', async () => {
    const ada = await newcomer();
    const file = 'title,description\nCaf\u00e9,"Two\nlines"\nMilk,\n';
    const forms = [file, file.replaceAll('\n', '\r\n'), file.replaceAll('\n', '\r'), file.normalize('NFD'), new TextEncoder().encode(`\ufeff${file}`)];
    await ada.importTasks(readTaskFile(file, { name: 'K\u00fcche.csv' }).tasks);
    for (const form of forms)
      expect(await ada.importTasks(readTaskFile(form, { name: 'Ku\u0308che.csv' }).tasks)).toMatchObject({ created: 0, unchanged: 2, conflicts: [] });
  });

  it('names what the server refuses by its index among all tasks, and keeps what came before', async () => {
    const ada = await newcomer();
    blanked = 'Task 613';
    const failed = await failure(ada.importTasks(fresh(700)));
    blanked = undefined;
    expect(failed).toMatchObject({ reason: 'INVALID_INPUT', fields: { 'tasks.613.title': ['must not be blank'] } });
    expect(await ada.tasks.counts()).toEqual({ open: 500, completed: 0 });
  });

  it('leaves tasks of other content as they are, and names them', async () => {
    const ada = await newcomer();
    const tasks = fresh(600);
    await ada.importTasks(tasks);
    const changed = [tasks[3]?.id ?? '', tasks[555]?.id ?? ''];
    for (const id of changed) await ada.tasks.edit({ id, title: 'Mine' });
    expect(await ada.importTasks(tasks)).toMatchObject({ created: 0, unchanged: 598, conflicts: changed });
  });
});
