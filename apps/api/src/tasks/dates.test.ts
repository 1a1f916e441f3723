import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const dated = { dueDate: '2026-12-24', dueTime: '18:30', timeZone: 'Europe/Lisbon', recurrence: 'FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24', reminders: [60, 0] };
const bare = { dueDate: null, dueTime: null, timeZone: null, recurrence: null, reminders: [] };
const refusedFor = (fields: Record<string, string[]>) => ({ data: { reason: 'INVALID_INPUT', fields } });

describe('fields that need another one', () => {
  it('go with it, and an undo brings all back', async () => {
    const { tasks, history } = (await api.signUp()).client.jwt;
    const { id } = await tasks.create.mutate({ title: 'Dinner', ...dated });
    const mutationId = randomUUID();
    expect(await tasks.edit.mutate({ id, dueDate: null, mutationId })).toMatchObject(bare);
    expect(await history.undo.mutate({ of: { mutationId } })).toMatchObject({ edited: 1, kept: [] });
    expect(await tasks.get.query({ id })).toMatchObject({ ...dated, reminders: [0, 60] });
    expect(await tasks.edit.mutate({ id, dueTime: null })).toMatchObject({
      dueDate: dated.dueDate,
      dueTime: null,
      timeZone: null,
      recurrence: dated.recurrence,
    });
    expect(await tasks.edit.mutate({ id, dueDate: '2027-01-01' })).toMatchObject({ recurrence: dated.recurrence, reminders: [0, 60] });
  });

  it('are refused without it', async () => {
    const { tasks } = (await api.signUp()).client.jwt;
    await expect(tasks.create.mutate({ title: 'A', dueTime: '09:30' })).rejects.toMatchObject(refusedFor({ dueTime: ['requires dueDate'] }));
    await expect(tasks.create.mutate({ title: 'A', dueDate: '2026-01-31', timeZone: 'UTC' })).rejects.toMatchObject(
      refusedFor({ timeZone: ['requires dueTime'] }),
    );
    const { id } = await tasks.create.mutate({ title: 'A', dueDate: '2026-01-31' });
    await expect(tasks.edit.mutate({ id, dueDate: null, reminders: [5] })).rejects.toMatchObject(refusedFor({ reminders: ['requires dueDate'] }));
    await expect(tasks.edit.mutate({ id, timeZone: 'UTC' })).rejects.toMatchObject(refusedFor({ timeZone: ['requires dueTime'] }));
    await tasks.edit.mutate({ id, dueDate: null });
    await expect(tasks.edit.mutate({ id, dueTime: '09:30' })).rejects.toMatchObject(refusedFor({ dueTime: ['requires dueDate'] }));
    expect(api.logged).toEqual([]);
  });

  it('are not brought back alone by an undo', async () => {
    const { tasks, history } = (await api.signUp()).client.jwt;
    const { id } = await tasks.create.mutate({ title: 'Dinner', ...dated });
    const mutationId = randomUUID();
    await tasks.edit.mutate({ id, dueTime: null, mutationId });
    await tasks.edit.mutate({ id, dueDate: null });
    expect(await history.undo.mutate({ of: { mutationId } })).toMatchObject({ edited: 0 });
    expect(await tasks.get.query({ id })).toMatchObject(bare);
  });
});

it.each([
  [{ dueDate: '2026-02-29' }, 'dueDate'],
  [{ dueDate: '0999-12-31' }, 'dueDate'],
  [{ dueDate: '2026-01-31T00:00:00Z' }, 'dueDate'],
  [{ dueDate: '2026-01-31', dueTime: '24:00' }, 'dueTime'],
  [{ dueDate: '2026-01-31', dueTime: '9:30' }, 'dueTime'],
  [{ dueDate: '2026-01-31', dueTime: '09:30', timeZone: 'FOO+3' }, 'timeZone'],
  [{ dueDate: '2026-01-31', dueTime: '09:30', timeZone: 'Europe/Atlantis' }, 'timeZone'],
  [{ priority: 'urgent' }, 'priority'],
  [{ labels: ['Home', 'home'] }, 'labels'],
  [{ labels: ['a', ' '] }, 'labels.1'],
  [{ labels: Array.from({ length: 21 }, (_, i) => `${i}`) }, 'labels'],
  [{ dueDate: '2026-01-31', reminders: [0, 0] }, 'reminders'],
  [{ dueDate: '2026-01-31', reminders: [-1] }, 'reminders.0'],
])('refuses %o', async (fields, name) => {
  const { headers, fetch } = await api.signUp();
  const body = JSON.stringify({ title: 'A', ...fields });
  const response = await fetch('/trpc/tasks.create', { method: 'POST', headers: { ...headers.jwt, 'content-type': 'application/json' }, body });
  expect(Object.keys(Object(await response.json()).error?.data.fields ?? {})).toEqual([name]);
});
