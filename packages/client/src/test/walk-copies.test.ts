import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmptyDatabase, script, startTestApi } from '@todo/api/testing';
import { columnOf } from '@todo/contract';
import { afterAll, describe, expect, it } from 'vitest';
import { createTodoClient, readTaskFile } from '../index.ts';
import { plain } from '../testing/client.ts';
import { changesBetween, editableOf, givenOf, names, optionalNames, pairs, patchOf, storedOf, without } from '../testing/fields.ts';
import { everything } from '../testing/replica.ts';
import { loose, type Side, startWalk, whole } from '../testing/walk.ts';

/** Every declared field is in each copy of a task: a replayed response, a page of changes, a file, a backup. No field is named here. */

const api = await startTestApi();
const { newcomer, begin } = await startWalk(api);
const folder = mkdtempSync(join(tmpdir(), 'todo-walk-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a repeated call', () => {
  it('is answered as it was, whatever has changed since', async () => {
    const { todo, items, start, removeAll, become } = await begin();
    const end = await become('after');
    const calls: (() => Promise<void>)[] = [];
    const call = async (make: (mutationId: string) => Promise<object>) => {
      const mutationId = randomUUID();
      const first = await make(mutationId);
      calls.push(async () => expect(await make(mutationId)).toEqual(first));
      return first;
    };
    for (const { id, before, after, changed } of items) {
      await call((mutationId) => todo.tasks.restore({ id, seq: start, mutationId }));
      await call((mutationId) => todo.tasks.edit(loose({ id, ...patchOf(after, changed), mutationId })));
      const fresh = randomUUID();
      await call((mutationId) => todo.tasks.create(loose({ id: fresh, ...givenOf(editableOf(before)), mutationId })));
    }
    await todo.history.rewind({ to: end });
    await become('before');
    for (const repeat of calls) await repeat();
    await removeAll();
    for (const repeat of calls) await repeat();
  });

  it('returns the first result of an import, including its conflicts', async () => {
    const { todo, items, tasksOf, removeAll } = await begin();
    const imports = (['before', 'after'] as const).map((side) => {
      const mutationId = randomUUID();
      return () => todo.tasks.import(loose({ tasks: tasksOf(side), mutationId }));
    });
    const first = await Promise.all(imports.map((run) => run()));
    expect(first).toMatchObject([
      { created: 0, unchanged: items.length, conflicts: [] },
      { created: 0, unchanged: 0, conflicts: items.map(({ id }) => id) },
    ]);
    await removeAll();
    expect(await Promise.all(imports.map((run) => run()))).toEqual(first);
  });
});

describe('synchronising', () => {
  it('brings everything at first, and then what has changed', async () => {
    const { todo, start, become, wholes, ids } = await begin();
    const { changes, cursor } = await todo.sync.changes({ limit: 500 });
    expect(changes.map(({ value }) => value)).toEqual(wholes('before'));
    const end = await become('after');
    const later = await todo.sync.changes({ limit: 500, cursor });
    const values = (page: typeof changes) => ids.map((id) => page.find((change) => change.id === id)?.value);
    expect(values(later.changes)).toEqual(wholes('after'));
    await todo.history.rewind({ to: start });
    expect(values((await todo.sync.changes({ limit: 500, cursor: later.cursor })).changes)).toEqual(wholes('before'));
    await todo.history.rewind({ to: end });
  });
});

describe('a file', () => {
  it('takes an export to another account', async () => {
    const { todo, items, wholes, expectAll } = await begin();
    const { tasks, history } = await todo.exportAccount();
    expect(tasks).toEqual(wholes('before'));
    const events = new Map(history.map((event) => [event.id, event.changes]));
    for (const { id, before } of items) expect(events.get(id)).toEqual(changesBetween(undefined, before));
    const file = readTaskFile(JSON.stringify({ format: 'todo-export', version: 2, tasks, history }));
    expect(file).toEqual({ tasks: items.map(({ id, before }) => ({ id, ...storedOf(before) })), problems: [], ignored: [] });
    const ben = await newcomer();
    expect(await ben.importTasks(file.tasks)).toMatchObject({ created: items.length, conflicts: [] });
    await expectAll('before', ben);
  });

  it('may be a table with a column for each field', async () => {
    const { items, expectAll } = await begin();
    const cell = (text: string) => `"${text.replaceAll('"', '""')}"`;
    const rows = items.map(({ id, before }) => [id, ...names.map((name) => [before[name]?.given ?? ''].flat().join())]);
    const file = readTaskFile([['id', ...names], ...rows].map((cells) => cells.map(cell).join()).join('\n'));
    expect(file).toEqual({ tasks: items.map(({ id, before }) => ({ id, ...storedOf(before) })), problems: [], ignored: [] });
    const ben = await newcomer();
    await ben.importTasks(file.tasks);
    await expectAll('before', ben);
  });
});

describe('a backup', () => {
  it('brings everything back into an empty database, and one person back into the present one', async () => {
    const path = join(folder, 'backup');
    const email = `${randomUUID()}@example.com`;
    const { todo, ids, start, become, expectAll } = await begin(pairs, email);
    const history = async (of = todo) => (await of.history.list({ limit: 200 })).items;
    await become('after');
    await todo.history.rewind({ to: start });
    const [tasks, events] = [await everything(todo), await history()];
    await api.database.backup(path);
    await using empty = await createEmptyDatabase();
    await empty.restore(path);
    const elsewhere = await startWalk(await startTestApi({ appUrl: empty.appUrl, secret: api.secret }));
    const there = createTodoClient({ url: elsewhere.url });
    const { id: owner } = await there.signIn({ email, password: 'correct horse' });
    expect(await everything(there)).toEqual(tasks);
    expect(await history(there)).toEqual(events);
    await there.tasks.removeMany({ ids });
    await there.history.rewind({ to: start });
    await expectAll('before', there);

    await become('after');
    await api.database.restoreOwner(path, owner);
    await expectAll('before');
    await todo.tasks.removeMany({ ids });
    await api.database.restoreOwner(path, owner);
    await expectAll('before');
  });
});

describe('a task that is older than a field', () => {
  it.each(optionalNames)('is restored with the default of %s', async (name) => {
    const { todo, items, start, removeAll, become } = await begin();
    const list = items.map(({ id }) => `'${id}'`).join();
    const forget = () =>
      script(
        api.database.superuserUrl,
        `set session_replication_role = replica;
         update events set fields = fields - '${columnOf(name)}' where kind <> 'update' and entity_id in (${list})`,
      );
    const expected = (side: Side) => items.map((item) => whole(item.id, without(item[side], name)));
    await removeAll();
    await forget();
    expect((await todo.tasks.removed({ limit: 200 })).items).toContainEqual(expect.objectContaining(storedOf(without(items[0]?.before ?? {}, name))));
    for (const { id } of items) expect(plain(await todo.tasks.restore({ id }))).toEqual(expected('before').find((task) => task.id === id));
    await become('after');
    await forget();
    for (const { id, after } of items) {
      const [event] = (await todo.history.list({ id, limit: 1 })).items;
      expect(event?.changes).toEqual(changesBetween(undefined, without(after, name)));
    }
    await todo.history.rewind({ to: start });
    expect(await everything(todo)).toEqual(expected('before'));
  });
});
