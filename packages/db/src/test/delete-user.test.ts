import { randomUUID } from 'node:crypto';
import { eq, inArray, sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Database } from '../database.ts';
import { withConnection } from '../migrate/migrate.ts';
import { account, session, user } from '../schema.ts';
import { addOwner, createTestDatabase, inspect, type TestDatabase } from '../testing/database.ts';
import type { UserId } from '../user-id.ts';

let own: TestDatabase;
let database: Database;

beforeAll(async () => {
  own = await createTestDatabase();
  database = own.open();
});
afterAll(() => own[Symbol.asyncDispose]());

async function signIn(userId: UserId): Promise<void> {
  const times = { createdAt: new Date(), updatedAt: new Date() };
  await database.identity.insert(session).values({ id: randomUUID(), userId, token: randomUUID(), expiresAt: new Date(), ...times });
  await database.identity.insert(account).values({ id: randomUUID(), userId, accountId: userId, providerId: 'credential', ...times });
}

const rowsOf = (userId: UserId) =>
  inspect(
    own.superuserUrl,
    `select 'user' as place, count(*) as n from "user" where id = '${userId}'
     union all select 'session', count(*) from session where user_id = '${userId}'
     union all select 'account', count(*) from account where user_id = '${userId}'
     union all select 'tasks', count(*) from tasks where user_id = '${userId}'
     union all select 'lists', count(*) from lists where user_id = '${userId}'
     union all select 'owners', count(*) from owners where user_id = '${userId}'`,
  ).then((rows) => Object.fromEntries(rows.map(({ place, n }) => [place, Number(n)])));

const everything = { user: 1, session: 1, account: 1, tasks: 2_000, lists: 2, owners: 1 };
const nothing = { user: 0, session: 0, account: 0, tasks: 0, lists: 0, owners: 0 };

it('a user who is deleted leaves nothing behind, and others lose nothing', async () => {
  const [ada, ben] = [await addOwner(own, 2_000), await addOwner(own, 2_000)];
  await Promise.all([ada, ben].map(signIn));
  await inspect(own.superuserUrl, `insert into lists (user_id, id, name) select id, gen_random_uuid(), 'List' from "user", generate_series(1, 2)`);
  expect(await rowsOf(ada)).toEqual(everything);
  await database.identity.deleteUser(ada);
  expect(await rowsOf(ada)).toEqual(nothing);
  expect(await rowsOf(ben)).toEqual(everything);
});

it('deleting a user with 2,000 tasks writes their row among the owners once', async () => {
  const ada = await addOwner(own, 2_000);
  const writes = await own.open({ max: 1 }).identity.transaction(async (tx) => {
    await tx.delete(user).where(eq(user.id, ada));
    return tx.execute(
      sql`select relname, n_tup_ins + n_tup_upd + n_tup_del as n from pg_stat_xact_user_tables where relname in ('tasks', 'owners') order by 1`,
    );
  });
  expect(writes).toEqual([
    { relname: 'owners', n: '1' },
    { relname: 'tasks', n: '2000' },
  ]);
});

it('a user is deleted also on a connection that has run a transaction of an owner before, and on one that has not', async () => {
  const fresh = own.open({ max: 1 });
  const [ada, ben] = [await addOwner(own, 3), await addOwner(own, 3)];
  await fresh.identity.deleteUser(ada);
  await fresh.as(ben).builder().execute(sql`select from tasks`);
  await fresh.identity.deleteUser(ben);
  expect([await rowsOf(ada), await rowsOf(ben)]).toEqual([nothing, nothing]);
});

it('several users who are deleted by one statement leave nothing behind either', async () => {
  const gone = [await addOwner(own, 1), await addOwner(own, 1)];
  for (const id of gone) await inspect(own.superuserUrl, `insert into idempotency_keys (user_id, id, seq, at) values ('${id}', '${randomUUID()}', 1, now())`);
  await database.identity.delete(user).where(inArray(user.id, gone));
  for (const table of ['tasks', 'owners', 'events', 'idempotency_keys']) {
    expect(await inspect(own.superuserUrl, `select user_id from ${table} where user_id in ('${gone.join("', '")}')`), table).toEqual([]);
  }
});

it('a deletion waits for a change that is under way, whatever that still does, and then takes it too', async () => {
  const ada = await addOwner(own, 1);
  await withConnection(own.appUrl, async (connection) => {
    await connection.send([
      { text: `begin; set local role todo_user; set local app.user_id = '${ada}'; select pg_advisory_xact_lock(hashtextextended('${ada}', 0))` },
    ]);
    const settled = database.identity.deleteUser(ada).then(
      () => 'deleted',
      (error: unknown) => error,
    );
    await expect
      .poll(() => inspect(own.superuserUrl, `select from pg_stat_activity where wait_event = 'advisory' and datname = current_database()`))
      .toHaveLength(1);
    await connection.send([
      { text: `update tasks set title = 'Changed' where user_id = '${ada}'` },
      { text: `insert into tasks (user_id, id, title) values ('${ada}', gen_random_uuid(), 'New')` },
      { text: 'commit' },
    ]);
    expect(await settled).toBe('deleted');
  });
  expect(await rowsOf(ada)).toEqual(nothing);
});
