import { randomUUID } from 'node:crypto';
import { startTestApi } from '@todo/api/testing';
import { describe, expect, it } from 'vitest';
import { plain } from '../testing/client.ts';
import { changesBetween, editableNames, editableOf, givenOf, pairs, patchOf, storedOf, withOther } from '../testing/fields.ts';
import { loose, type Side, some, startWalk, whole } from '../testing/walk.ts';

/** Every declared field goes through every path of the API. No field is named here: a path that drops one fails. */

const { newcomer, begin } = await startWalk(await startTestApi());
const refused = (reason: string) => expect.objectContaining({ reason });

const editable = pairs.filter(({ changed }) => changed.some((name) => editableNames.includes(name)));
const singles = pairs.filter(({ changed }) => changed.length === 1);

describe('writing', () => {
  it('creates one and many, and reports tasks with other content', async () => {
    const todo = await newcomer();
    const fresh = (side: Side) => editable.map((pair) => ({ id: randomUUID(), ...givenOf(editableOf(pair[side])) }));
    const [ones, many] = [fresh('before'), fresh('after')];
    for (const [i, { before, after, changed }] of editable.entries()) {
      const { id } = ones[i] ?? { id: '' };
      expect(plain(await todo.tasks.create(loose(ones[i] ?? {})))).toEqual(whole(id, editableOf(before)));
      expect(await todo.tasks.get({ id })).toEqual(whole(id, editableOf(before)));
      expect((await todo.history.list({ id })).items).toMatchObject([{ action: 'created', changes: changesBetween(undefined, editableOf(before)) }]);
      const other = loose({ id, ...givenOf(editableOf(after)) });
      await expect(todo.tasks.create(other), String(changed)).rejects.toEqual(refused('ID_TAKEN'));
      await expect(todo.tasks.createMany({ tasks: [other] }), String(changed)).rejects.toEqual(refused('ID_TAKEN'));
    }
    const { tasks } = await todo.tasks.createMany(loose({ tasks: many }));
    expect(tasks).toEqual(editable.map(({ after }, i) => whole(many[i]?.id ?? '', editableOf(after))));
  });

  it('imports and reads, and reports tasks with the same and with other content', async () => {
    const { todo, items, ids, tasksOf, put, expectAll, lastOf } = await begin();
    await expectAll('before');
    for (const item of items) {
      expect(await todo.tasks.get({ id: item.id })).toEqual(whole(item.id, item.before));
      expect(await lastOf(item)).toMatchObject({ action: 'created', changes: changesBetween(undefined, item.before) });
    }
    const again = (side: Side, dryRun: boolean) => todo.tasks.import(loose({ tasks: tasksOf(side), dryRun }));
    for (const dryRun of [true, false]) {
      expect(await again('before', dryRun)).toMatchObject({ created: 0, unchanged: ids.length, conflicts: [] });
      expect(await again('after', dryRun)).toMatchObject({ created: 0, unchanged: 0, conflicts: ids });
    }
    await put('after');
    await expectAll('before');
  });

  it('edits and clears', async () => {
    const { todo, items, lastOf } = await begin(editable);
    for (const item of items) {
      const { id, before, after, changed } = item;
      const edited = { ...before, ...Object.fromEntries(editableNames.map((name) => [name, after[name] ?? { given: null, stored: null }])) };
      const answer = await todo.tasks.edit(loose({ id, ...patchOf(after, changed) }));
      expect(plain(answer)).toEqual({ ...whole(id, edited), version: 2 });
      expect(await todo.tasks.get({ id })).toEqual(plain(answer));
      expect(await lastOf(item)).toMatchObject({ action: 'edited', changes: changesBetween(before, edited) });
    }
  });
});

describe('going back', () => {
  it('restores what was removed, and shows it in the trash', async () => {
    const { todo, items, removeAll, expectAll, lastOf } = await begin();
    await removeAll();
    const trash = new Map((await todo.tasks.removed({ limit: 200 })).items.map((task) => [task.id, task]));
    for (const item of items) {
      expect(trash.get(item.id)).toEqual({ id: item.id, ...storedOf(item.before), removedAt: some });
      expect(await lastOf(item)).toMatchObject({ action: 'removed', changes: changesBetween(item.before, undefined) });
      expect(plain(await todo.tasks.restore({ id: item.id }))).toEqual(whole(item.id, item.before));
      expect(await lastOf(item)).toMatchObject({ action: 'restored', changes: changesBetween(undefined, item.before) });
    }
    await expectAll('before');
  });

  it('sets a task back to how it was', async () => {
    const { todo, items, start, become, expectAll, lastOf } = await begin();
    const end = await become('after');
    for (const item of items) {
      const { id, before, after } = item;
      expect(plain(await todo.tasks.restore({ id, seq: start }))).toEqual(whole(id, before));
      expect(await lastOf(item)).toMatchObject({ action: 'restored', changes: changesBetween(after, before) });
      expect(plain(await todo.tasks.restore({ id, seq: end }))).toEqual(whole(id, after));
    }
    await expectAll('after');
  });

  it('rewinds removed, recreated and changed tasks', async () => {
    const { todo, items, start, removeAll, become, expectAll, lastOf } = await begin();
    const end = await become('after');
    const count = items.length;
    expect(await todo.history.rewind({ to: start, dryRun: true })).toMatchObject({ restored: 0, edited: count, removed: 0 });
    expect(await todo.history.rewind({ to: start })).toMatchObject({ restored: 0, edited: count, removed: 0 });
    await expectAll('before');
    for (const item of items) expect(await lastOf(item)).toMatchObject({ changes: changesBetween(item.after, item.before) });
    expect(await todo.history.rewind({ to: end })).toMatchObject({ restored: 0, edited: count, removed: 0 });
    await expectAll('after');
    await removeAll();
    expect(await todo.history.rewind({ to: start })).toMatchObject({ restored: count, edited: 0, removed: 0 });
    await expectAll('before');
  });

  it('undoes what one call did', async () => {
    const { todo, items, start, become, expectAll } = await begin();
    await become('after');
    const [there, gone] = [randomUUID(), randomUUID()];
    await todo.history.rewind({ to: start, mutationId: there });
    expect(await todo.history.undo({ of: { mutationId: there } })).toMatchObject({ edited: items.length, kept: [] });
    await expectAll('after');
    await todo.tasks.removeMany({ ids: items.map(({ id }) => id), mutationId: gone });
    expect(await todo.history.undo({ of: { mutationId: gone } })).toMatchObject({ restored: items.length, kept: [] });
    await expectAll('after');
  });

  it('undoes a field beside what others have changed since, and names what it leaves', async () => {
    const { todo, items, start, become } = await begin(singles);
    const end = await become('after');
    for (const { id, after, changed } of items) {
      const mutationId = randomUUID();
      await todo.tasks.restore({ id, seq: start, mutationId });
      const [other = ''] = editableNames.filter((name) => !changed.includes(name));
      const edited = withOther(after, other);
      await todo.tasks.edit(loose({ id, ...patchOf(edited, [other]) }));
      expect(await todo.history.undo({ of: { mutationId } })).toMatchObject({ edited: 1, kept: [] });
      expect(await todo.tasks.get({ id })).toEqual(whole(id, edited));

      const again = randomUUID();
      await todo.tasks.restore({ id, seq: start, mutationId: again });
      await todo.tasks.restore({ id, seq: end });
      expect(await todo.history.undo({ of: { mutationId: again } })).toMatchObject({ edited: 1, kept: [{ entity: 'task', id, fields: changed }] });
      expect(await todo.tasks.get({ id })).toEqual(whole(id, edited));
    }
  });
});
