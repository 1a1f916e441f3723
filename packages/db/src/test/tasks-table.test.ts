import { randomUUID } from 'node:crypto';
import { DESCRIPTION_MAX_CODE_POINTS, TITLE_MAX_CODE_POINTS } from '@todo/contract';
import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../database.ts';
import { newTasks, tasks } from '../schema/tasks.ts';
import { addOwner, createTestDatabase, inspect, type TestDatabase } from '../testing/database.ts';
import type { UserId } from '../user-id.ts';

let own: TestDatabase;
let database: Database;

beforeAll(async () => {
  own = await createTestDatabase();
  database = own.open();
});
afterAll(() => own[Symbol.asyncDispose]());

const as = (user: UserId) => database.as(user).builder();

async function add(user: UserId, content: { title?: string; description?: string } = {}) {
  const values = { userId: user, id: randomUUID(), title: 'Buy milk', description: '', ...content };
  await as(user).insert(newTasks).values(values);
  const [task] = await as(user).select().from(tasks).where(eq(tasks.id, values.id));
  if (!task) throw new Error('The task was not stored.');
  return task;
}

const broken = (rule: string) => ({ cause: { code: '23514', constraint_name: rule } });

describe('the content of a task', () => {
  it.each([
    ['a title of one character', { title: 'x' }],
    ['the longest title', { title: 'x'.repeat(TITLE_MAX_CODE_POINTS) }],
    ['the longest title in code points that take two units of UTF-16', { title: '🥛'.repeat(TITLE_MAX_CODE_POINTS) }],
    ['the longest description', { description: '🥛'.repeat(DESCRIPTION_MAX_CODE_POINTS) }],
    ['an empty description', { description: '' }],
    ['quotes, backslashes and line breaks', { title: `'"\\\n\t$1 %s`, description: `'"\\\r\n` }],
  ])('is kept: %s', async (_, content) => {
    expect(await add(await addOwner(own), content)).toMatchObject(content);
  });

  it.each([
    ['tasks_title_length', { title: '' }],
    ['tasks_title_length', { title: 'x'.repeat(TITLE_MAX_CODE_POINTS + 1) }],
    ['tasks_title_not_blank', { title: ' \t\n ' }],
    ['tasks_description_length', { description: 'x'.repeat(DESCRIPTION_MAX_CODE_POINTS + 1) }],
  ])('is refused by %s', async (rule, content) => {
    const user = await addOwner(own);
    await expect(add(user, content)).rejects.toMatchObject(broken(rule));
    const task = await add(user);
    await expect(as(user).update(tasks).set(content)).rejects.toMatchObject(broken(rule));
    expect(await as(user).select().from(tasks)).toEqual([task]);
  });

  it.each([['tasks_version_positive', 'version = 0']])('is refused by %s, should the stamp ever fail', async (rule, change) => {
    await using unstamped = await createTestDatabase();
    await addOwner(unstamped, 1);
    await inspect(unstamped.superuserUrl, 'alter table tasks disable trigger tasks_10_stamp');
    await expect(inspect(unstamped.superuserUrl, `update tasks set ${change}`)).rejects.toMatchObject({ code: '23514', constraint_name: rule });
  });

  it('belongs to a user who exists', async () => {
    const user = await addOwner(own);
    await database.identity.execute(sql`delete from "user" where id = ${user}`);
    await expect(add(user)).rejects.toMatchObject({ cause: { reason: 'OWNER_GONE' } });
  });
});

describe('the stamp of a task', () => {
  it('dates and numbers a new task', async () => {
    const task = await add(await addOwner(own));
    expect(task.version).toBe(1);
    expect(task.updatedAt).toBe(task.createdAt);
    expect(task.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(Math.abs(Date.parse(task.createdAt) - Date.now())).toBeLessThan(60_000);
  });

  it.each([
    ['title', { title: 'Buy oat milk' }],
    ['description', { description: 'Two litres' }],
    ['completion', { completedAt: '2026-01-02T03:04:05.678Z' }],
  ])('a change of %s makes one new version', async (_, change) => {
    const user = await addOwner(own);
    const before = await add(user);
    const [after] = await as(user).update(tasks).set(change).returning();
    expect(after).toEqual({ ...before, ...change, version: 2, updatedAt: after?.updatedAt, search: after?.search });
    expect(Date.parse(after?.updatedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(before.updatedAt));
  });

  it('a change to what is there already makes no new version', async () => {
    const user = await addOwner(own);
    const task = await add(user, { description: 'Two litres' });
    expect(await as(user).update(tasks).set({ title: task.title, description: task.description, completedAt: null }).returning()).toEqual([task]);
  });

  it('cannot be chosen, not even by a superuser', async () => {
    const user = await addOwner(own, 1);
    const text = `update tasks set title = 'Forged', version = 70, updated_at = '1999-01-01' where user_id = '${user}'`;
    await inspect(own.superuserUrl, text);
    const [forged] = await as(user).select().from(tasks);
    expect(forged).toMatchObject({ title: 'Forged', version: 2 });
    expect(Date.parse(forged?.updatedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(forged?.createdAt ?? ''));
  });

  it('does not go back when the clock does', async () => {
    await using ahead = await createTestDatabase();
    const user = await addOwner(ahead, 1);
    const later = '2099-01-01T00:00:00.000Z';
    await inspect(ahead.superuserUrl, 'alter table tasks disable trigger tasks_10_stamp');
    await inspect(ahead.superuserUrl, `update tasks set updated_at = '${later}'`);
    await inspect(ahead.superuserUrl, 'alter table tasks enable trigger tasks_10_stamp');
    const [task] = await ahead.open().as(user).builder().update(tasks).set({ title: 'Now' }).returning();
    expect(task).toMatchObject({ title: 'Now', version: 2, updatedAt: later });
  });
});
