import { randomUUID } from 'node:crypto';
import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dateIn } from '../recurrence/today.ts';
import { startTestApi, type TestApi } from '../testing/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ acquireTimeout: 60_000 });
});
afterAll(() => api[Symbol.asyncDispose]());

const person = async () => (await api.signUp()).client.jwt;
const refused = (reason: string) => ({ data: { reason } });
const weekly = { title: 'Bins', startDate: '2026-11-28', dueDate: '2026-11-30', dueTime: '07:30', recurrence: 'FREQ=WEEKLY;BYDAY=MO', reminders: [60] };
const today = () => dateIn('UTC', new Date());

describe('completing a recurring task', () => {
  it('moves it to its next date and leaves it open; the log says so, and an undo brings the date back', async () => {
    const { tasks, history } = await person();
    const made = await tasks.create.mutate(weekly);
    const mutationId = randomUUID();
    const moved = { startDate: '2026-12-05', dueDate: '2026-12-07', dueTime: '07:30', recurrence: weekly.recurrence, completedAt: null, reminders: [60] };
    expect(await tasks.complete.mutate({ id: made.id, on: '2026-11-30', mutationId })).toMatchObject({ ...moved, version: 2, seq: 2 });
    expect((await history.list.query({ limit: 1 })).items).toMatchObject([
      { action: 'completed', changes: { startDate: { from: '2026-11-28', to: '2026-12-05' }, dueDate: { from: '2026-11-30', to: '2026-12-07' } } },
    ]);
    expect(await tasks.counts.query()).toMatchObject({ open: 1, completed: 0 });
    expect(await history.undo.mutate({ of: { mutationId } })).toMatchObject({ edited: 1, kept: [] });
    expect(await tasks.get.query({ id: made.id })).toMatchObject(weekly);
  });

  it('counts down, completes it when the rule has ended, and keeps the rule', async () => {
    const { tasks, history } = await person();
    const { id } = await tasks.create.mutate({ title: 'Pills', dueDate: '2026-11-29', recurrence: 'FREQ=DAILY;COUNT=3' });
    const complete = (on: string) => tasks.complete.mutate({ id, on });
    expect(await complete('2026-11-29')).toMatchObject({ dueDate: '2026-11-30', recurrence: 'FREQ=DAILY;COUNT=2', completedAt: null });
    expect((await history.list.query({ limit: 1 })).items[0]?.changes).toMatchObject({ recurrence: { from: 'FREQ=DAILY;COUNT=3', to: 'FREQ=DAILY;COUNT=2' } });
    expect(await complete('2026-11-30')).toMatchObject({ dueDate: '2026-12-01', recurrence: 'FREQ=DAILY;COUNT=1', completedAt: null });
    const ended = await complete('2026-12-01');
    expect(ended).toMatchObject({ dueDate: '2026-12-01', recurrence: 'FREQ=DAILY;COUNT=1', completedAt: expect.any(String), version: 4 });
    expect(await complete('2026-12-02')).toEqual(ended);
    expect(await tasks.reopen.mutate({ id })).toMatchObject({ completedAt: null, dueDate: '2026-12-01' });
  });

  it('takes the date from the completion, or today in its time zone', async () => {
    const { tasks } = await person();
    const make = (fields: object) => tasks.create.mutate({ title: 'Plants', dueDate: '2026-01-31', recurrence: 'FREQ=DAILY;INTERVAL=3', ...fields });
    const relative = await make({ repeatFrom: 'completion' });
    expect(await tasks.complete.mutate({ id: relative.id, on: '2026-02-10' })).toMatchObject({ dueDate: '2026-02-13' });
    const [before, utc] = [today(), await make({ recurrence: 'FREQ=DAILY' })];
    const { dueDate } = await tasks.complete.mutate({ id: utc.id });
    expect([before, today()]).toContain(dueDate);
    const zones = ['Pacific/Kiritimati', 'Pacific/Pago_Pago'].map(async (timeZone) => {
      const { id } = await make({ recurrence: 'FREQ=DAILY', dueTime: '09:30', timeZone });
      return (await tasks.complete.mutate({ id })).dueDate ?? '';
    });
    const [east = '', west = ''] = await Promise.all(zones);
    // These zones are 25 hours apart.
    expect(east > west).toBe(true);
  });

  it('is refused for another version and a missing task', async () => {
    const { tasks } = await person();
    const { id } = await tasks.create.mutate(weekly);
    await expect(tasks.complete.mutate({ id, expectedVersion: 2 })).rejects.toMatchObject(refused('VERSION_CONFLICT'));
    expect(await tasks.complete.mutate({ id, on: '2026-11-30', expectedVersion: 1 })).toMatchObject({ version: 2 });
    await expect(tasks.complete.mutate({ id: randomUUID(), on: '2026-11-30' })).rejects.toMatchObject(refused('TASK_NOT_FOUND'));
  });

  it('moves it once for each call, however many come at once, and once for repeated ones', async () => {
    const { tasks } = await person();
    const { id } = await tasks.create.mutate({ title: 'Stretch', dueDate: '2026-11-01', recurrence: 'FREQ=DAILY' });
    const call = { id, on: '2026-11-01', mutationId: randomUUID() };
    const repeated = await Promise.all(Array.from({ length: 8 }, () => tasks.complete.mutate(call)));
    for (const answer of repeated) expect(answer).toMatchObject({ dueDate: '2026-11-02', version: 2 });
    const calls = Array.from({ length: 5 }, () => ({ id, on: '2026-11-01', mutationId: randomUUID() }));
    const answers = await Promise.all(calls.map((each) => tasks.complete.mutate(each)));
    expect(answers.map(({ dueDate }) => dueDate).sort()).toEqual(['2026-11-03', '2026-11-04', '2026-11-05', '2026-11-06', '2026-11-07']);
    expect(await Promise.all(calls.map((each) => tasks.complete.mutate(each)))).toEqual(answers);
  });

  it('with one version, at once, has one winner', async () => {
    const { tasks } = await person();
    const { id } = await tasks.create.mutate({ title: 'Stretch', dueDate: '2026-11-01', recurrence: 'FREQ=DAILY' });
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => tasks.complete.mutate({ id, on: '2026-11-01', expectedVersion: 1 })));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await tasks.get.query({ id })).toMatchObject({ dueDate: '2026-11-02', version: 2 });
  });

  it('gives up, and is not stored, when the task is never in the state that it was read in', async () => {
    const { tasks } = await person();
    const { id } = await tasks.create.mutate({ title: 'Unchangeable', dueDate: '2026-11-01', recurrence: 'FREQ=DAILY' });
    const { superuserUrl } = api.database;
    await inspect(superuserUrl, 'create function refuse() returns trigger language plpgsql as $$ begin return null; end $$');
    await inspect(superuserUrl, `create trigger still before update on tasks for each row when (old.title = 'Unchangeable') execute function refuse()`);
    const call = { id, on: '2026-11-01', mutationId: randomUUID() };
    await expect(tasks.complete.mutate(call)).rejects.toMatchObject(refused('VERSION_CONFLICT'));
    await expect(tasks.skip.mutate({ ...call, mutationId: randomUUID() })).rejects.toMatchObject(refused('VERSION_CONFLICT'));
    await inspect(superuserUrl, 'drop trigger still on tasks');
    expect(await tasks.complete.mutate(call)).toMatchObject({ dueDate: '2026-11-02' });
  });
});

describe('an edit that gives a rule without days, and a due date,', () => {
  const edit = { recurrence: 'FREQ=MONTHLY', dueDate: '2026-01-31' };
  const named = 'FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1';

  it('names the days if the task repeats from its due date, and only then', async () => {
    const { tasks } = await person();
    const make = async (repeatFrom: 'due' | 'completion') =>
      (await tasks.create.mutate({ title: 'Filter', dueDate: '2026-01-01', labels: ['home'], repeatFrom, recurrence: 'FREQ=DAILY' })).id;
    const [due, completion] = [await make('due'), await make('completion')];
    expect(await tasks.edit.mutate({ id: due, ...edit })).toMatchObject({ ...edit, recurrence: named });
    expect(await tasks.edit.mutate({ id: completion, ...edit, addLabels: ['shop'] })).toMatchObject({ ...edit, labels: ['home', 'shop'] });
    expect(await tasks.complete.mutate({ id: completion, on: '2026-02-10' })).toMatchObject({ dueDate: '2026-03-10', recurrence: 'FREQ=MONTHLY' });
    const both = await tasks.editMany.mutate({ ids: [due, completion], ...edit, labels: ['new'], dueDate: '2026-03-31' });
    expect(both.tasks).toMatchObject([named, 'FREQ=MONTHLY'].map((recurrence) => ({ recurrence, dueDate: '2026-03-31', labels: ['new'] })));
    expect(await tasks.edit.mutate({ id: completion, ...edit, repeatFrom: 'due' })).toMatchObject({ recurrence: named });
  });
});

describe('skipping', () => {
  it('moves a recurring task to its next date without completing it', async () => {
    const { tasks, history } = await person();
    const { id } = await tasks.create.mutate(weekly);
    const mutationId = randomUUID();
    expect(await tasks.skip.mutate({ id, on: '2026-12-08', mutationId })).toMatchObject({ startDate: '2026-12-12', dueDate: '2026-12-14', completedAt: null });
    expect((await history.list.query({ limit: 1 })).items).toMatchObject([
      { action: 'skipped', changes: { dueDate: { from: '2026-11-30', to: '2026-12-14' } } },
    ]);
    expect(await history.undo.mutate({ of: { mutationId } })).toMatchObject({ edited: 1 });
    expect(await tasks.get.query({ id })).toMatchObject(weekly);
  });

  it('counts from the due date, also for a task that recurs from its completion', async () => {
    const { tasks } = await person();
    const { id } = await tasks.create.mutate({ title: 'Plants', dueDate: '2026-01-31', recurrence: 'FREQ=MONTHLY', repeatFrom: 'completion' });
    expect(await tasks.skip.mutate({ id, on: '2026-02-10' })).toMatchObject({ dueDate: '2026-02-28', recurrence: 'FREQ=MONTHLY' });
  });

  it('is refused for a task without a next date, and changes nothing', async () => {
    const { tasks, history } = await person();
    const make = async (fields: object) => (await tasks.create.mutate({ title: 'A', dueDate: '2026-11-29', ...fields })).id;
    const ids = [await make({}), await make({ recurrence: 'FREQ=DAILY;COUNT=1' }), await make({ recurrence: 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30' })];
    const completed = await make({ recurrence: 'FREQ=DAILY;COUNT=1' });
    await tasks.complete.mutate({ id: completed, on: '2026-11-29' });
    const before = await history.list.query();
    for (const id of [...ids, completed])
      await expect(tasks.skip.mutate({ id, on: '2026-11-29', mutationId: randomUUID() })).rejects.toMatchObject(refused('NO_NEXT_DATE'));
    await expect(tasks.skip.mutate({ id: ids[0] ?? '', expectedVersion: 2 })).rejects.toMatchObject(refused('VERSION_CONFLICT'));
    expect(await history.list.query()).toEqual(before);
  });
});

describe('completing many', () => {
  it('moves the recurring ones and completes the others, in one change', async () => {
    const { tasks, history } = await person();
    const daily = { dueDate: '2026-11-29', recurrence: 'FREQ=DAILY' };
    const made = await tasks.createMany.mutate({
      tasks: [{ title: 'once' }, { title: 'daily', ...daily }, { title: 'last', ...daily, recurrence: 'FREQ=DAILY;COUNT=1' }, weekly],
    });
    const ids = made.tasks.map(({ id }) => id);
    const mutationId = randomUUID();
    const { tasks: after, seq } = await tasks.completeMany.mutate({ ids, on: '2026-11-30', mutationId });
    expect(after).toMatchObject([
      { completedAt: expect.any(String) },
      { completedAt: null, dueDate: '2026-11-30' },
      { completedAt: expect.any(String), dueDate: '2026-11-29', recurrence: 'FREQ=DAILY;COUNT=1' },
      { completedAt: null, dueDate: '2026-12-07', startDate: '2026-12-05' },
    ]);
    expect(seq).toBe(8);
    expect((await history.list.query({ limit: 4 })).items.map(({ action }) => action)).toEqual(Array(4).fill('completed'));
    expect(await tasks.counts.query()).toMatchObject({ open: 2, completed: 2 });
    await history.undo.mutate({ of: { mutationId } });
    expect((await tasks.list.query({ order: 'asc' })).items.map(({ dueDate, completedAt }) => [dueDate, completedAt])).toEqual(
      made.tasks.map(({ dueDate }) => [dueDate, null]),
    );
  });

  it('changes none when one is missing, and moves each once when batches overlap', async () => {
    const { tasks } = await person();
    const many = Array.from({ length: 20 }, (_, i) => ({ title: `${i}`, dueDate: '2026-11-01', recurrence: 'FREQ=DAILY' }));
    const ids = (await tasks.createMany.mutate({ tasks: many })).tasks.map(({ id }) => id);
    await expect(tasks.completeMany.mutate({ ids: [...ids, randomUUID()], on: '2026-11-01' })).rejects.toMatchObject({
      data: { reason: 'TASK_NOT_FOUND', index: 20 },
    });
    await Promise.all(Array.from({ length: 4 }, (_, i) => tasks.completeMany.mutate({ ids: i % 2 ? ids : ids.toReversed(), on: '2026-11-01' })));
    expect(new Set((await tasks.list.query()).items.map(({ dueDate }) => dueDate))).toEqual(new Set(['2026-11-05']));
  });
});
