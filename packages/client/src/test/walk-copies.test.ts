import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmptyDatabase, script, startTestApi } from '@todo/api/testing';
import { columnOf, entityNames } from '@todo/contract';
import { afterAll, describe, expect, it } from 'vitest';
import { readTaskFile, tasksToCsv, tasksToICalendar } from '../import.ts';
import { createTodoClient } from '../index.ts';
import { plain } from '../testing/client.ts';
import { createSamples, type Pair } from '../testing/fields.ts';
import { callsOf, loose, type Side, startWalk, whole } from '../testing/walk.ts';

/** Every declared field is in each copy of an entity: a replayed response, a page of changes, a file, a backup. No field is named here. */

const api = await startTestApi();
const walk = await startWalk(api);
const folder = mkdtempSync(join(tmpdir(), 'todo-walk-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(entityNames)('of each %s,', (name) => {
  const { pairs, creatableOf, givenOf, patchOf, storedOf, changesBetween } = createSamples(name);
  const begin = (chosen?: Pair[], email?: string) => walk.begin(name, chosen, email);

  describe('a repeated call', () => {
    it('is answered as it was, whatever has changed since', async () => {
      const { todo, calls: made, items, start, removeAll, become } = await begin();
      const end = await become('after');
      const calls: (() => Promise<void>)[] = [];
      const call = async (make: (mutationId: string) => Promise<object>) => {
        const mutationId = randomUUID();
        const first = await make(mutationId);
        calls.push(async () => expect(await make(mutationId)).toEqual(first));
        return first;
      };
      for (const { id, before, after, changed } of items) {
        await call((mutationId) => made.restore({ id, seq: start, mutationId }));
        await call((mutationId) => made.edit(loose({ id, ...patchOf(after, changed), mutationId })));
        const fresh = randomUUID();
        await call((mutationId) => made.create(loose({ id: fresh, ...givenOf(creatableOf(before)), mutationId })));
      }
      await todo.history.rewind({ to: end });
      await become('before');
      for (const repeat of calls) await repeat();
      await removeAll();
      for (const repeat of calls) await repeat();
    });

    it('returns the first result of an import, including its conflicts', async () => {
      const { calls, items, givenAt, removeAll } = await begin();
      const imports = (['before', 'after'] as const).map((side) => {
        const mutationId = randomUUID();
        return () => calls.importAll(givenAt(side), { mutationId });
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
      expect(changes.filter(({ entity }) => entity === name).map(({ value }) => value)).toEqual(wholes('before'));
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
      const exported = await todo.exportAccount();
      expect(exported[`${name}s`]).toEqual(wholes('before'));
      const events = new Map(exported.history.map((event) => [event.id, event.changes]));
      for (const { id, before } of items) expect(events.get(id)).toEqual(changesBetween(undefined, before));
      const file = readTaskFile(JSON.stringify(exported));
      const found = new Map(items.map(({ id, before }) => [id, expect.objectContaining({ id, ...storedOf(before) })]));
      expect(file).toMatchObject({ problems: [], notes: [], ignored: [] });
      expect(new Map<string, object>(file[`${name}s`].map((each) => [each.id, each]))).toEqual(found);
      const ben = await walk.newcomer();
      const conflicts: string[] = [];
      expect(await ben.importTasks(file)).toMatchObject({ created: exported.tasks.length, conflicts, lists: { created: exported.lists.length, conflicts } });
      await expectAll('before', ben);
    });
  });

  describe('a backup', () => {
    it('brings everything back into an empty database, and one person back into the present one', async () => {
      const path = join(folder, name);
      const email = `${randomUUID()}@example.com`;
      const { todo, all, removeAll, ids, start, become, expectAll } = await begin(pairs, email);
      const history = async (of = todo) => (await of.history.list({ limit: 200 })).items;
      await become('after');
      await todo.history.rewind({ to: start });
      const [copies, events] = [await all(), await history()];
      await api.database.backup(path);
      await using empty = await createEmptyDatabase();
      await empty.restore(path);
      const elsewhere = await startWalk(await startTestApi({ appUrl: empty.appUrl, secret: api.secret }));
      const there = createTodoClient({ url: elsewhere.url });
      const { id: owner } = await there.signIn({ email, password: 'correct horse' });
      expect(await all(there)).toEqual(copies);
      expect(await history(there)).toEqual(events);
      await callsOf[name](there).removeAll(ids);
      await there.history.rewind({ to: start });
      await expectAll('before', there);

      await become('after');
      await api.database.restoreOwner(path, owner);
      await expectAll('before');
      await removeAll();
      await api.database.restoreOwner(path, owner);
      await expectAll('before');
    });
  });
});

it.each([
  ['CSV', tasksToCsv],
  ['iCalendar', tasksToICalendar],
])('an export as %s takes every field of a task to another account', async (_, write) => {
  const { storedOf } = createSamples('task');
  const { todo, items, expectAll } = await walk.begin('task');
  const file = readTaskFile(write(await todo.exportAccount()));
  expect(file).toMatchObject({ tasks: expect.any(Array), problems: [], notes: [], ignored: [] });
  expect(new Map(file.tasks.map(({ id, ...task }) => [id, task]))).toEqual(
    new Map(items.map(({ id, before }) => [id, expect.objectContaining(storedOf(before))])),
  );
  const ben = await walk.newcomer();
  await ben.importTasks(file);
  await expectAll('before', ben);
});

// This changes the events of the database, so it comes after the backup.
describe.each(entityNames)('each %s that is older than a field', (name) => {
  const { optionalNames, storedOf, without, changesBetween } = createSamples(name);
  it.each(optionalNames)('is restored with the default of %s', async (field) => {
    const { todo, calls, all, items, start, removeAll, become } = await walk.begin(name);
    const list = items.map(({ id }) => `'${id}'`).join();
    const forget = () =>
      script(
        api.database.superuserUrl,
        `set session_replication_role = replica;
       update events set fields = fields - '${columnOf(field)}' where kind <> 'update' and entity_id in (${list})`,
      );
    const expected = (side: Side) => items.map((item) => whole(item.id, without(item[side], field)));
    await removeAll();
    await forget();
    if ('removed' in calls)
      expect((await calls.removed({ limit: 200 })).items).toContainEqual(expect.objectContaining(storedOf(without(items[0]?.before ?? {}, field))));
    for (const { id } of items) expect(plain(await calls.restore({ id }))).toEqual(expected('before').find((one) => one.id === id));
    await become('after');
    await forget();
    for (const { id, after } of items) {
      const [event] = (await todo.history.list({ id, limit: 1 })).items;
      expect(event?.changes).toEqual(changesBetween(undefined, without(after, field)));
    }
    await todo.history.rewind({ to: start });
    expect(await all()).toEqual(expected('before'));
  });
});
