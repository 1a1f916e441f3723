import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../database.ts';
import { owner, prepare } from '../owner-db.ts';
import { newTasks } from '../schema/tasks.ts';
import { tasks } from '../schema.ts';
import { addOwner, createTestDatabase, inspect, type TestDatabase } from '../testing/database.ts';
import { setBytesQuota } from '../testing/quota.ts';
import type { UserId } from '../user-id.ts';
import { restore } from './restore.ts';
import { rewind } from './rewind.ts';
import { undo } from './undo.ts';

let own: TestDatabase;
let database: Database;
beforeAll(async () => {
  own = await createTestDatabase();
  database = own.open();
});
afterAll(() => own[Symbol.asyncDispose]());

const removeAll = prepare((db) => db.delete(tasks).where(eq(tasks.userId, owner)));
const as = (user: UserId) => database.as(user).builder();
const add = (user: UserId, title: string, id = randomUUID()) => as(user).insert(newTasks).values({ userId: user, id, title, description: '' }).execute();
const rename = (user: UserId, from: string, title: string) => as(user).update(tasks).set({ title }).where(eq(tasks.title, from)).execute();
const remove = (user: UserId, title: string) => as(user).delete(tasks).where(eq(tasks.title, title)).execute();

/** The size of the tasks in the owner's row; fails unless it is that of the tasks, and the log's is that of the events. */
async function bytes(user: UserId) {
  const [row] = await inspect(
    own.superuserUrl,
    `select task_bytes::int, (select coalesce(sum(octet_length(title || description)), 0)::int from tasks where user_id = '${user}') as there,
       log_bytes, (select coalesce(sum(octet_length(fields::text) + 400), 0) from events where user_id = '${user}') as logged from owners where user_id = '${user}'`,
  );
  expect(row).toMatchObject({ task_bytes: row?.there, log_bytes: row?.logged });
  expect(await own.verifyLog(user)).not.toHaveProperty('fault');
  return row?.task_bytes;
}

describe('the sizes in the owner’s row', () => {
  it('follow every change, in bytes and not in characters', async () => {
    const user = await addOwner(own);
    const id = randomUUID();
    await add(user, 'Bûche', id);
    expect(await bytes(user)).toBe(6);
    await as(user)
      .update(tasks)
      .set({ description: '🎉'.repeat(1_000) });
    expect(await bytes(user)).toBe(4_006);
    await as(user).update(tasks).set({ completedAt: new Date().toISOString() });
    expect(await bytes(user)).toBe(4_006);
    await as(user).update(tasks).set({ description: '' });
    expect(await bytes(user)).toBe(6);
    await remove(user, 'Bûche');
    expect(await bytes(user)).toBe(0);
    await restore(database.as(user), 'task', { id, seq: null });
    expect(await bytes(user)).toBe(6);
  });

  it('are right after many statements at once', async () => {
    const user = await addOwner(own, 10);
    const change = (i: number) => (i % 3 ? rename(user, `Task ${(i % 10) + 1}`, `Task ${(i % 10) + 1}`.repeat(i % 4 || 1)) : add(user, `New ${i}`));
    await Promise.all(Array.from({ length: 60 }, (_, i) => change(i)));
    await as(user).delete(tasks).where(eq(tasks.title, 'New 3'));
    expect(await bytes(user)).toBeGreaterThan(100);
  });

  it.each(['log_bytes = log_bytes + 1', 'log_mb = 7', `log_since = log_since - interval '1 hour'`, 'log_since = null'])(
    'are verified with the log: %s',
    async (wrong) => {
      const user = await addOwner(own, 2);
      await inspect(own.superuserUrl, `update owners set ${wrong} where user_id = '${user}'`);
      expect((await own.verifyLog(user)).fault).toMatchObject({ seq: 2, what: expect.stringContaining('size') });
    },
  );
});

describe('an owner whose tasks have as many bytes as they may', () => {
  const QUOTA = 1_000;
  beforeEach(() => setBytesQuota(own, QUOTA));

  const full = { cause: { reason: 'BYTES_QUOTA_REACHED' } };

  /** An owner with one task of so many bytes. */
  async function addFilled(size: number): Promise<UserId> {
    const user = await addOwner(own);
    await setBytesQuota(own, size);
    for (let left = size; left > 0; left -= 400) await add(user, 'x'.repeat(Math.min(left, 400)));
    await setBytesQuota(own, QUOTA);
    return user;
  }

  it('gets not one more, and can still change, shorten and remove', async () => {
    const user = await addFilled(QUOTA - 10);
    await expect(add(user, 'y'.repeat(11))).rejects.toMatchObject(full);
    await add(user, 'y'.repeat(10));
    await expect(rename(user, 'y'.repeat(10), 'z'.repeat(11))).rejects.toMatchObject(full);
    await rename(user, 'y'.repeat(10), 'z'.repeat(10));
    await as(user).update(tasks).set({ completedAt: new Date().toISOString() });
    await rename(user, 'z'.repeat(10), 'z');
    expect(await bytes(user)).toBe(QUOTA - 9);
    await remove(user, 'z');
    expect(await bytes(user)).toBe(QUOTA - 10);
  });

  it('above a quota that became smaller, can change and remove what does not grow', async () => {
    const user = await addFilled(QUOTA + 500);
    await add(user, 'y').then(
      () => expect.fail(),
      (error) => expect(error).toMatchObject(full),
    );
    await rename(user, 'x'.repeat(300), 'y'.repeat(300));
    await rename(user, 'y'.repeat(300), 'y');
    expect(await bytes(user)).toBe(QUOTA + 201);
    await remove(user, 'y');
    expect(await bytes(user)).toBe(QUOTA + 200);
  });

  it('gets exactly what fits of 20 writers at once', async () => {
    const [user, other] = [await addFilled(QUOTA - 75), await addOwner(own)];
    const settled = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => add(user, String(i).padStart(10, 'y'))));
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(7);
    expect(settled.flatMap((end) => (end.status === 'rejected' ? end.reason.cause.reason : []))).toEqual(Array(13).fill('BYTES_QUOTA_REACHED'));
    expect(await bytes(user)).toBe(QUOTA - 5);
    await add(other, 'y'.repeat(400));
  });

  it('gets nothing of a restore, a rewind or an undo that does not fit, and all of one that fits at its end', async () => {
    const user = await addOwner(own);
    const [id, key] = [randomUUID(), randomUUID()];
    await add(user, 'a'.repeat(400), id);
    await add(user, 'b'.repeat(400));
    await database.as(user, { mutation: { id: key, digest: Buffer.alloc(1) } }).change(removeAll);
    await add(user, 'c'.repeat(400));
    await add(user, 'd'.repeat(300));
    const calls = [() => restore(database.as(user), 'task', { id, seq: null }), () => undo(database.as(user), { mutationId: key, groupId: null }, false)];
    for (const call of calls) await expect(call()).rejects.toMatchObject(full);
    expect(await bytes(user)).toBe(700);
    expect(await rewind(database.as(user), { seq: 2, time: null }, false)).toMatchObject({ restored: 2, removed: 2 });
    expect(await bytes(user)).toBe(800);
    await setBytesQuota(own, 600);
    await expect(rewind(database.as(user), { seq: 6, time: null }, false)).resolves.toMatchObject({ restored: 2, removed: 2 });
    await expect(rewind(database.as(user), { seq: 2, time: null }, false)).rejects.toMatchObject(full);
    expect(await bytes(user)).toBe(700);
  });
});
