import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../database.ts';
import { withConnection } from '../migrate/migrate.ts';
import { owner, prepare } from '../owner-db.ts';
import { tasks } from '../schema.ts';
import { addOwner, createTestDatabase, inspect, type TestDatabase, trust } from '../testing/database.ts';
import type { UserId } from '../user-id.ts';

let own: TestDatabase;
let database: Database;
let ada: UserId;
let ben: UserId;

beforeAll(async () => {
  own = await createTestDatabase();
  database = own.open();
  [ada, ben] = [await addOwner(own, 3), await addOwner(own, 3)];
});
afterAll(() => own[Symbol.asyncDispose]());

const titlesOf = async (user: UserId) =>
  (await inspect(own.superuserUrl, `select title from tasks where user_id = '${user}' order by title`)).map((row) => row.title);

describe('without the owner in the statement', () => {
  it('shows the owner their own rows and no others', async () => {
    const rows = await database.as(ada).builder().select().from(tasks);
    expect(rows.map((row) => row.userId)).toEqual([ada, ada, ada]);
  });

  it('counts the owner rows alone, in every kind of query', async () => {
    const db = database.as(ada).builder();
    const everyTask = () => db.select({ id: tasks.id }).from(tasks);
    expect(await db.$count(tasks)).toBe(3);
    expect(await everyTask().union(everyTask())).toHaveLength(3);
    expect(await db.select().from(tasks).where(eq(tasks.userId, ben))).toEqual([]);
    expect(await db.select().from(tasks).where(sql`true or user_id = ${ben}`)).toHaveLength(3);
  });

  it('changes the owner rows alone', async () => {
    const changed = await database.as(ada).builder().update(tasks).set({ title: 'Changed' }).returning({ userId: tasks.userId });
    expect(changed).toEqual([{ userId: ada }, { userId: ada }, { userId: ada }]);
    expect(await titlesOf(ben)).toEqual(['Task 1', 'Task 2', 'Task 3']);
  });

  it('deletes the owner rows alone', async () => {
    const eve = await addOwner(own, 3);
    const deleted = await database.as(eve).builder().delete(tasks).returning({ userId: tasks.userId });
    expect(deleted).toEqual([{ userId: eve }, { userId: eve }, { userId: eve }]);
    expect(await titlesOf(ben)).toEqual(['Task 1', 'Task 2', 'Task 3']);
  });
});

describe('outside a transaction', () => {
  const reads = [
    'select from tasks',
    'select count(*) from tasks',
    'select from owners',
    'select from events',
    'select from idempotency_keys',
    'update tasks set title = title',
    'delete from tasks',
  ];
  const insert = `insert into tasks (user_id, id, title) values (gen_random_uuid(), gen_random_uuid(), 'Stray')`;
  const denied = { code: '42501' };
  const noOwner = { code: '42704', message: expect.stringContaining('app.user_id') };

  /** The error of a raw statement that runs after `before`. */
  const errorOf = (url: string, before: string, text: string): Promise<unknown> =>
    withConnection(url, async (connection) => {
      await connection.send([{ text: before }]);
      return connection.send([{ text }]).catch((error: unknown) => error);
    });

  it.each(reads)('the runtime login cannot %s', async (text) => {
    expect(await errorOf(own.appUrl, '', text)).toMatchObject(noOwner);
  });

  it.each([...reads, insert])('the runtime login cannot, even when it names an owner, %s', async (text) => {
    expect(await errorOf(own.appUrl, `set app.user_id = '${ada}'`, text)).toMatchObject(denied);
  });

  it.each(reads)('the owner of the schema cannot %s', async (text) => {
    expect(await errorOf(own.ownerUrl, '', text)).toMatchObject(noOwner);
  });

  it.each(reads)('the role without an owner cannot %s', async (text) => {
    expect(await errorOf(own.appUrl, 'begin; set local role todo_user', text)).toMatchObject(noOwner);
  });

  it.each(reads)('an owner who is no longer set is no owner: cannot %s', async (text) => {
    const transaction = `begin; set local app.user_id = '${ada}'; select from tasks; commit`;
    expect(await errorOf(own.ownerUrl, transaction, text)).toMatchObject({ code: '22P02' });
  });

  it('an empty table fails as a full one does', async () => {
    await using empty = await createTestDatabase();
    for (const text of reads) {
      expect(await errorOf(empty.appUrl, '', text)).toMatchObject(noOwner);
      expect(await errorOf(empty.ownerUrl, '', text)).toMatchObject(noOwner);
    }
  });
});

describe('a statement that is prepared for all owners', () => {
  const everyTask = (db: Parameters<Parameters<typeof prepare>[0]>[0]) => db.select({ userId: tasks.userId }).from(tasks);

  it('fails when it names no owner', async () => {
    const statement = prepare((db) => everyTask(db));
    await expect(database.as(ada).run(statement)).rejects.toMatchObject({ cause: { message: 'A statement on owner data must name its owner.' } });
  });

  it('runs for the owner it is run as, whoever its values name', async () => {
    const statement = prepare((db) => everyTask(db).where(eq(tasks.userId, owner)));
    expect(await database.as(ben).run(statement, { owner: ada })).toEqual([{ userId: ben }, { userId: ben }, { userId: ben }]);
  });
});

it.each(['', 'ada', "' or true --", `00000000-0000-7000-8000-000000000000'; reset role; --`, 'A0000000-0000-7000-8000-000000000000', `${'0'.repeat(32)}`])(
  'an owner who is no UUID is refused before anything is sent: %s',
  async (id) => {
    trust(id);
    const nowhere = openDatabase('postgres://todo@127.0.0.1:1/todo');
    await expect(nowhere.as(id).builder().select().from(tasks)).rejects.toMatchObject({ cause: { message: 'The owner id must be a UUID.' } });
  },
);

describe('owner, id and creation time of a task never change', () => {
  const changes = [
    `user_id = (select id from "user" where id <> tasks.user_id limit 1)`,
    'id = gen_random_uuid()',
    `created_at = created_at - interval '1 day'`,
  ];

  it.each(changes)('not even for a superuser: %s', async (change) => {
    await expect(inspect(own.superuserUrl, `update tasks set ${change}`)).rejects.toMatchObject({ code: '23001' });
  });

  it.each(changes.slice(1))('not even for the owner of the schema: %s', async (change) => {
    const text = `begin; set local app.user_id = '${ben}'; update tasks set ${change}`;
    const updating = withConnection(own.ownerUrl, (connection) => connection.send([{ text }]));
    await expect(updating).rejects.toMatchObject({ code: '23001' });
  });
});
