import { randomUUID } from 'node:crypto';
import { startTestApi } from '@todo/api/testing';
import { entityNames } from '@todo/contract';
import { describe, expect, it } from 'vitest';
import { plain } from '../testing/client.ts';
import { createSamples, type Pair } from '../testing/fields.ts';
import { callsOf, loose, type Side, some, startWalk, whole } from '../testing/walk.ts';

/** Every declared field of every entity goes through every path of the API. No field is named here: a path that drops one fails. */

const walk = await startWalk(await startTestApi());
const refused = (reason: string) => expect.objectContaining({ reason });

describe.each(entityNames)('each %s:', (name) => {
  const { editableNames, pairs, creatableOf, patchOf, givenOf, withOther, changesBetween } = createSamples(name);
  const begin = (chosen?: Pair[]) => walk.begin(name, chosen);
  const editable = pairs.filter(({ changed }) => changed.some((name) => editableNames.includes(name)));
  const singles = pairs.filter(({ changed }) => changed.length === 1);

  describe('writing', () => {
    it('creates, and reports one with other content', async () => {
      const todo = await walk.newcomer(name);
      const calls = callsOf[name](todo);
      const fresh = (side: Side) => editable.map((pair) => ({ id: randomUUID(), ...givenOf(creatableOf(pair[side])) }));
      const ones = fresh('before');
      for (const [i, { before, after, changed }] of editable.entries()) {
        const { id } = ones[i] ?? { id: '' };
        expect(plain(await calls.create(loose(ones[i] ?? {})))).toEqual(whole(id, creatableOf(before)));
        expect(await calls.get({ id })).toEqual(whole(id, creatableOf(before)));
        expect((await todo.history.list({ id })).items).toMatchObject([{ action: 'created', changes: changesBetween(undefined, creatableOf(before)) }]);
        const other = loose({ id, ...givenOf(creatableOf(after)) });
        await expect(calls.create(other), String(changed)).rejects.toEqual(refused('ID_TAKEN'));
      }
    });

    it('imports and reads, and reports those with the same and with other content', async () => {
      const { calls, items, ids, givenAt, put, expectAll, lastOf } = await begin();
      await expectAll('before');
      for (const item of items) {
        expect(await calls.get({ id: item.id })).toEqual(whole(item.id, item.before));
        expect(await lastOf(item)).toMatchObject({ action: 'created', changes: changesBetween(undefined, item.before) });
      }
      const again = (side: Side, dryRun: boolean) => calls.importAll(givenAt(side), { dryRun });
      for (const dryRun of [true, false]) {
        expect(await again('before', dryRun)).toMatchObject({ created: 0, unchanged: ids.length, conflicts: [] });
        expect(await again('after', dryRun)).toMatchObject({ created: 0, unchanged: 0, conflicts: ids });
      }
      await put('after');
      await expectAll('before');
    });

    it('edits and clears', async () => {
      const { calls, items, lastOf } = await begin(editable);
      for (const item of items) {
        const { id, before, after, changed } = item;
        const edited = { ...before, ...Object.fromEntries(editableNames.map((name) => [name, after[name] ?? { given: null, stored: null }])) };
        const answer = await calls.edit(loose({ id, ...patchOf(after, changed) }));
        expect(plain(answer)).toEqual({ ...whole(id, edited), version: 2 });
        expect(await calls.get({ id })).toEqual(plain(answer));
        expect(await lastOf(item)).toMatchObject({ action: 'edited', changes: changesBetween(before, edited) });
      }
    });
  });

  describe('going back', () => {
    it('restores what was removed', async () => {
      const { calls, items, removeAll, expectAll, lastOf } = await begin();
      await removeAll();
      for (const item of items) {
        expect(await lastOf(item)).toMatchObject({ action: 'removed', changes: changesBetween(item.before, undefined) });
        expect(plain(await calls.restore({ id: item.id }))).toEqual(whole(item.id, item.before));
        expect(await lastOf(item)).toMatchObject({ action: 'restored', changes: changesBetween(undefined, item.before) });
      }
      await expectAll('before');
    });

    it('sets one back to how it was', async () => {
      const { calls, items, start, become, expectAll, lastOf } = await begin();
      const end = await become('after');
      for (const item of items) {
        const { id, before, after } = item;
        expect(plain(await calls.restore({ id, seq: start }))).toEqual(whole(id, before));
        expect(await lastOf(item)).toMatchObject({ action: 'restored', changes: changesBetween(after, before) });
        expect(plain(await calls.restore({ id, seq: end }))).toEqual(whole(id, after));
      }
      await expectAll('after');
    });

    it('rewinds removed, recreated and changed ones', async () => {
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

    it('undoes what one call did, and a group of calls', async () => {
      const { todo, items, start, removeAll, become, expectAll } = await begin();
      await become('after');
      const [there, gone] = [randomUUID(), randomUUID()];
      await todo.history.rewind({ to: start, mutationId: there });
      expect(await todo.history.undo({ of: { mutationId: there } })).toMatchObject({ edited: items.length, kept: [] });
      await expectAll('after');
      await removeAll({ groupId: gone });
      expect(await todo.history.undo({ of: { groupId: gone } })).toMatchObject({ restored: items.length, kept: [] });
      await expectAll('after');
    });

    it('undoes a field beside what others have changed since, and names what it leaves', async () => {
      const { todo, calls, items, start, become } = await begin(singles);
      const end = await become('after');
      for (const { id, after, changed } of items) {
        const mutationId = randomUUID();
        await calls.restore({ id, seq: start, mutationId });
        const [other = ''] = editableNames.filter((name) => !changed.includes(name));
        const edited = withOther(after, other);
        await calls.edit(loose({ id, ...patchOf(edited, [other]) }));
        expect(await todo.history.undo({ of: { mutationId } })).toMatchObject({ edited: 1, kept: [] });
        expect(await calls.get({ id })).toEqual(whole(id, edited));

        const again = randomUUID();
        await calls.restore({ id, seq: start, mutationId: again });
        await calls.restore({ id, seq: end });
        expect(await todo.history.undo({ of: { mutationId: again } })).toMatchObject({ edited: 1, kept: [{ entity: name, id, fields: changed }] });
        expect(await calls.get({ id })).toEqual(whole(id, edited));
      }
    });
  });
});

describe('each task:', () => {
  const { pairs, creatableOf, givenOf, storedOf } = createSamples('task');

  it('is created with others, and refused with them when it has other content', async () => {
    const { tasks } = await walk.newcomer('task');
    const many = pairs.slice(0, 100).map(({ after }) => ({ id: randomUUID(), ...givenOf(creatableOf(after)) }));
    const made = await tasks.createMany(loose({ tasks: many }));
    expect(made.tasks).toEqual(pairs.slice(0, 100).map(({ after }, i) => whole(many[i]?.id ?? '', creatableOf(after))));
    for (const [i, { before, after }] of pairs.slice(0, 100).entries()) {
      const other = { id: many[i]?.id, ...givenOf(creatableOf(before)) };
      if (JSON.stringify(storedOf(creatableOf(before))) === JSON.stringify(storedOf(creatableOf(after)))) continue;
      await expect(tasks.createMany(loose({ tasks: [other] }))).rejects.toEqual(refused('ID_TAKEN'));
    }
  });

  it('is in the trash when it was removed', async () => {
    const { todo, items, removeAll } = await walk.begin('task');
    await removeAll();
    const trash = new Map((await todo.tasks.removed({ limit: 200 })).items.map((task) => [task.id, task]));
    for (const item of items) expect(trash.get(item.id)).toEqual({ id: item.id, ...storedOf(item.before), removedAt: some });
  });
});
