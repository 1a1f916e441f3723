import { randomUUID } from 'node:crypto';
import { asc, eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../database.ts';
import { owner, prepare } from '../owner-db.ts';
import { events } from '../schema/events.ts';
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

const as = (whose: UserId) => database.as(whose).builder();
const log = (whose: UserId) => as(whose).select().from(events).where(eq(events.userId, whose)).orderBy(asc(events.seq));

const create = prepare((db) =>
  db.insert(newTasks).values({ userId: owner, id: sql.placeholder('id'), title: sql.placeholder('title'), description: '', completedAt: null }),
);
const rename = prepare((db) =>
  db
    .update(tasks)
    .set({ title: sql`${sql.placeholder('title')}` })
    .where(eq(tasks.userId, owner)),
);

const add = (whose: UserId, title = 'Buy milk', id: string = randomUUID()) => database.as(whose).change(create, { id, title });

describe('the log', () => {
  it('shows an owner their own events and nobody else’s', async () => {
    const [ada, bob] = [await addOwner(own, 2), await addOwner(own, 1)];
    const seen = await as(bob).select({ userId: events.userId }).from(events);
    expect(seen).toEqual([{ userId: bob }]);
    expect(await log(ada)).toHaveLength(2);
  });

  it.each([
    ['update events set version = version', 'ownerUrl'],
    ['delete from events', 'superuserUrl'],
    ['update events set version = version', 'superuserUrl'],
    ['truncate events', 'superuserUrl'],
    ['truncate owners', 'superuserUrl'],
    ['delete from owners', 'superuserUrl'],
    ['truncate tasks', 'superuserUrl'],
    ['truncate "user" cascade', 'superuserUrl'],
  ] as const)('takes no "%s" from %s', async (text, login) => {
    const ada = await addOwner(own, 2);
    await expect(inspect(own[login], text)).rejects.toThrow();
    expect(await log(ada)).toHaveLength(2);
  });

  it('takes nothing from an owner but what the trigger writes', async () => {
    const ada = await addOwner(own, 1);
    const [event] = await log(ada);
    if (!event) throw new Error('The log is empty.');
    for (const attempt of [
      as(ada)
        .insert(events)
        .values({ ...event, seq: 2 }),
      as(ada).update(events).set({ seq: 9 }),
      as(ada).delete(events),
    ]) {
      await expect(attempt).rejects.toMatchObject({ cause: { code: '42501' } });
    }
  });

  it('goes with its account and leaves one receipt without a name', async () => {
    const ada = await addOwner(own, 3);
    const [last] = (await log(ada)).slice(-1);
    await database.identity.deleteUser(ada);
    expect(await log(ada)).toEqual([]);
    const receipts = await inspect(own.superuserUrl, `select * from account_receipts where last_hash = '\\x${Buffer.from(last?.hash ?? []).toString('hex')}'`);
    expect(receipts).toMatchObject([{ last_seq: '3' }]);
    expect(Object.keys(receipts[0] ?? {}).sort()).toEqual(['deleted_at', 'id', 'last_hash', 'last_seq']);
    expect(receipts[0]?.id).not.toBe(ada);
  });

  it('of an account that is gone takes nothing more: neither a change nor a key', async () => {
    const ada = await addOwner(own, 1);
    await database.identity.deleteUser(ada);
    const mutation = { id: randomUUID(), digest: Buffer.alloc(1) };
    await expect(database.as(ada, { mutation }).change(rename, { title: 'A' })).rejects.toMatchObject({ reason: 'OWNER_GONE' });
    await expect(database.as(ada, { mutation }).change(create, { id: randomUUID(), title: 'A' })).rejects.toMatchObject({ cause: { reason: 'OWNER_GONE' } });
    for (const table of ['events', 'idempotency_keys', 'owners', 'tasks']) {
      expect(await inspect(own.superuserUrl, `select from ${table} where user_id = '${ada}'`), table).toEqual([]);
    }
  });

  it('of an account that is deleted while people write ends whole: each change is made or fails for it, and nothing is left', async () => {
    for (let round = 0; round < 5; round += 1) {
      const ada = await addOwner(own, 20);
      const writing = Array.from({ length: 8 }, async (_, i) => {
        const outcomes: string[] = [];
        for (let j = 0; j < 10; j += 1) {
          const change = (i + j) % 2 ? add(ada) : database.as(ada).change(rename, { title: `T${i}${j}` });
          outcomes.push(
            await change.then(
              () => 'made',
              (error) => error.reason ?? error.cause?.reason ?? String(error),
            ),
          );
        }
        return outcomes;
      });
      await add(ada);
      const deleted = await database.identity.deleteUser(ada).then(
        () => 'deleted',
        (error) => String(error.cause),
      );
      const outcomes = (await Promise.all(writing)).flat();
      expect(deleted).toBe('deleted');
      expect(new Set(outcomes.filter((outcome) => outcome !== 'made'))).toEqual(new Set(['OWNER_GONE']));
      for (const table of ['events', 'idempotency_keys', 'owners', 'tasks']) {
        expect(await inspect(own.superuserUrl, `select from ${table} where user_id = '${ada}'`), table).toEqual([]);
      }
    }
  });
});
