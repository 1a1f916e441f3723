import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../database.ts';
import { withConnection } from '../migrate/migrate.ts';
import { addOwner, createTestDatabase, inspect, type TestDatabase } from '../testing/database.ts';
import type { UserId } from '../user-id.ts';

const refused = { cause: { code: '42501' } };
const signInTables = ['user', 'session', 'account', 'verification', 'jwks', 'rate_limit', 'mails', 'second_factors', 'passkeys', 'security_events'];

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

describe('inside the transaction of an owner', () => {
  it.each(signInTables)('"%s" can be neither read nor written', async (table) => {
    await expect(asAda(`select from "${table}"`)).rejects.toMatchObject(refused);
    await expect(asAda(`select count(*) from "${table}"`)).rejects.toMatchObject(refused);
    await expect(asAda(`update "${table}" set ${table === 'second_factors' ? 'user_id' : 'id'} = null`)).rejects.toMatchObject(refused);
    await expect(asAda(`delete from "${table}"`)).rejects.toMatchObject(refused);
    await expect(asAda(`insert into "${table}" default values`)).rejects.toMatchObject(refused);
  });

  it.each(['user_id', 'id', 'version', 'created_at', 'updated_at'])('tasks.%s cannot be updated, not even to what it is', async (column) => {
    for (const table of ['lists', 'tasks']) await expect(asAda(`update ${table} set ${column} = ${column}`)).rejects.toMatchObject(refused);
  });

  it.each([
    ['version', '7'],
    ['created_at', 'now()'],
    ['updated_at', 'now()'],
  ])('a new task cannot bring its %s', async (column, value) => {
    const text = `insert into tasks (user_id, id, title, ${column}) values ('${ada}', '${randomUUID()}', 'Mine', ${value})`;
    await expect(asAda(text)).rejects.toMatchObject(refused);
  });

  it('a new task can bring its completed_at', async () => {
    const id = randomUUID();
    await asAda(`insert into tasks (user_id, id, title, completed_at) values ('${ada}', '${id}', 'Done', '2026-01-02T03:04:05Z')`);
    expect(await everything(`select version from tasks where id = '${id}' and completed_at = '2026-01-02T03:04:05Z'`)).toEqual([{ version: 1 }]);
  });

  it('a task for another owner cannot be made', async () => {
    const before = await everything('select count(*) from tasks');
    const text = (owner: UserId) => `insert into tasks (user_id, id, title) values ('${owner}', '${randomUUID()}', 'Planted')`;
    await expect(asAda(text(ben))).rejects.toMatchObject(refused);
    await expect(asAda(`insert into lists (user_id, id, name) values ('${ben}', '${randomUUID()}', 'Planted')`)).rejects.toMatchObject(refused);
    expect(await everything('select count(*) from tasks')).toEqual(before);
    await asAda(text(ada));
  });

  it.each([
    'insert into owners (user_id) select user_id from owners on conflict do nothing',
    'update owners set open = 0',
    'delete from owners',
    'update owners set last_seq = 0',
    'truncate owners',
    'insert into events select * from events',
    'update events set version = version',
    'delete from events',
    'truncate events',
    'update idempotency_keys set seq = seq',
    'delete from idempotency_keys',
    'truncate idempotency_keys',
    'select from account_receipts',
    'select count(*) from account_receipts',
    'insert into account_receipts (id, deleted_at, last_seq) values (gen_random_uuid(), now(), 0)',
    'update account_receipts set last_seq = 0',
    'delete from account_receipts',
    'truncate account_receipts',
    'alter table events disable trigger user',
    'truncate tasks',
    'alter table tasks disable row level security',
    'drop policy owner on tasks',
    'create table loot as select * from tasks',
    'set local session_replication_role = replica',
    'set local role todo_owner',
    'set local role todo_log',
  ])('refused: %s', async (text) => {
    await expect(asAda(text)).rejects.toMatchObject(refused);
  });

  it('shows the counts of the owner alone', async () => {
    expect(await asAda('select user_id from owners')).toEqual([{ user_id: ada }]);
  });

  it('idempotency keys are kept and shown for the owner alone', async () => {
    const enter = (owner: UserId) => `insert into idempotency_keys (user_id, id, seq, at) values ('${owner}', '${randomUUID()}', 0, now())`;
    await inspect(own.superuserUrl, enter(ben));
    await expect(asAda(enter(ben))).rejects.toMatchObject(refused);
    await asAda(enter(ada));
    expect(await asAda('select user_id from idempotency_keys')).toEqual([{ user_id: ada }]);
  });

  it.each(['trim_log(user_id, 1)', 'state_digest(user_id, 1)', 'entities_at(user_id, 1)', 'present_entities(user_id)'])(
    'an operator’s function cannot be called: %s',
    async (call) => {
      await expect(asAda(`select ${call} from events`)).rejects.toMatchObject(refused);
    },
  );

  it('a trigger function cannot be called', async () => {
    const functions = await everything(`select proname from pg_proc where pronamespace = 'public'::regnamespace and prorettype = 'trigger'::regtype`);
    expect(functions.length).toBeGreaterThan(5);
    for (const { proname } of functions) await expect(asAda(`select ${proname}()`), `${proname}`).rejects.toMatchObject(refused);
  });
});

describe('inside a transaction of the sign-in system, even one that names an owner', () => {
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
    'select from owners',
    'update owners set open = 0',
    'delete from owners',
    'select from events',
    'delete from events',
    'select from idempotency_keys',
    'delete from idempotency_keys',
    'select from account_receipts',
    'delete from account_receipts',
    'update "user" set disabled_at = null',
    'update "user" set disabled_at = now()',
    'update jwks set expires_at = null',
    'delete from jwks',
    'update security_events set name = name',
    'truncate security_events',
  ])('refused: %s', async (text) => {
    await expect(asSignIn(text)).rejects.toMatchObject(refused);
  });

  it.each(signInTables)('"%s" can be read', async (table) => {
    await asSignIn(`select from "${table}"`);
  });
});

describe('inside a transaction of the watcher', () => {
  const asWatcher = (text: string) =>
    withConnection(own.appUrl, (connection) => connection.send([{ text: `begin; set local role todo_watcher; set local app.user_id = '${ada}'` }, { text }]));

  it('how far each log has come can be read', async () => {
    await asWatcher('select user_id, last_seq from owners');
  });

  it.each([
    'select open from owners',
    'update owners set last_seq = 0',
    'delete from owners',
    'select from account_receipts',
    ...['tasks', 'events', 'idempotency_keys', ...signInTables].flatMap((table) => [`select from "${table}"`, `delete from "${table}"`]),
  ])('refused: %s', async (text) => {
    await expect(asWatcher(text)).rejects.toMatchObject({ code: '42501' });
  });
});
