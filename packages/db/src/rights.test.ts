import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from './database.ts';
import { addOwner, createTestDatabase, inspect, type TestDatabase } from './testing.ts';
import type { UserId } from './user-id.ts';

const refused = { cause: { code: '42501' } };
const signInTables = ['user', 'session', 'account', 'verification', 'jwks', 'rate_limit'];

let own: TestDatabase;
let database: Database;
let ada: UserId;
let ben: UserId;

beforeAll(async () => {
  own = await createTestDatabase();
  database = own.open();
  [ada, ben] = [await addOwner(own, 1), await addOwner(own, 1)];
});
afterAll(() => own[Symbol.asyncDispose]());

const asAda = (text: string) => database.as(ada).builder().execute(sql.raw(text));
const everything = (text: string) => inspect(own.superuserUrl, text);

describe('inside the flight of an owner', () => {
  it.each(signInTables)('"%s" can be neither read nor written', async (table) => {
    await expect(asAda(`select from "${table}"`)).rejects.toMatchObject(refused);
    await expect(asAda(`select count(*) from "${table}"`)).rejects.toMatchObject(refused);
    await expect(asAda(`update "${table}" set id = id`)).rejects.toMatchObject(refused);
    await expect(asAda(`delete from "${table}"`)).rejects.toMatchObject(refused);
    await expect(asAda(`insert into "${table}" default values`)).rejects.toMatchObject(refused);
  });

  it.each(['user_id', 'id', 'version', 'created_at', 'updated_at'])('tasks.%s cannot be updated, not even to what it is', async (column) => {
    await expect(asAda(`update tasks set ${column} = ${column}`)).rejects.toMatchObject(refused);
  });

  it.each([
    ['version', '7'],
    ['created_at', 'now()'],
    ['updated_at', 'now()'],
    ['completed_at', 'now()'],
  ])('a new task cannot bring its %s', async (column, value) => {
    const text = `insert into tasks (user_id, id, title, ${column}) values ('${ada}', '${randomUUID()}', 'Mine', ${value})`;
    await expect(asAda(text)).rejects.toMatchObject(refused);
  });

  it('a task for another owner cannot be made', async () => {
    const before = await everything('select count(*) from tasks');
    const text = (owner: UserId) => `insert into tasks (user_id, id, title) values ('${owner}', '${randomUUID()}', 'Planted')`;
    await expect(asAda(text(ben))).rejects.toMatchObject(refused);
    expect(await everything('select count(*) from tasks')).toEqual(before);
    await asAda(text(ada));
  });

  it.each([
    'insert into task_counters (user_id, open, completed) select user_id, 0, 0 from task_counters on conflict do nothing',
    'update task_counters set open = 0',
    'delete from task_counters',
    'truncate task_counters',
    'truncate tasks',
    'alter table tasks disable row level security',
    'drop policy owner on tasks',
    'create table loot as select * from tasks',
    'set local session_replication_role = replica',
    'set local role todo_owner',
  ])('refused: %s', async (text) => {
    await expect(asAda(text)).rejects.toMatchObject(refused);
  });

  it('shows the counts of the owner alone', async () => {
    expect(await asAda('select user_id from task_counters')).toEqual([{ user_id: ada }]);
  });

  it('a trigger function cannot be called', async () => {
    await expect(asAda('select stamp_task()')).rejects.toMatchObject(refused);
    await expect(asAda('select count_tasks()')).rejects.toMatchObject(refused);
  });
});

describe('inside a flight of the sign-in system, even one that names an owner', () => {
  const asSignIn = (text: string) =>
    database.identity.transaction(async (tx) => {
      await tx.execute(sql.raw(`set local app.user_id = '${ada}'`));
      return tx.execute(sql.raw(text));
    });

  it.each([
    'select from tasks',
    'select count(*) from tasks',
    `insert into tasks (user_id, id, title) select id, id, 'Planted' from "user"`,
    'update tasks set title = title',
    'delete from tasks',
    'truncate tasks',
    'select from task_counters',
    'update task_counters set open = 0',
    'delete from task_counters',
  ])('refused: %s', async (text) => {
    await expect(asSignIn(text)).rejects.toMatchObject(refused);
  });

  it.each(signInTables)('"%s" can be read', async (table) => {
    await asSignIn(`select from "${table}"`);
  });
});
