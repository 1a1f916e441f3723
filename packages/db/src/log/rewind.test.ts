import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../database.ts';
import { withConnection } from '../migrate/migrate.ts';
import { addOwner, createTestDatabase, inspect, type TestDatabase } from '../testing/database.ts';
import type { UserId } from '../user-id.ts';
import { rewind } from './rewind.ts';
import { verifyLog } from './verify.ts';

let own: TestDatabase;
let database: Database;
beforeAll(async () => {
  own = await createTestDatabase();
  database = own.open();
});
afterAll(() => own[Symbol.asyncDispose]());

const run = (text: string) => inspect(own.superuserUrl, text);
const content = (owner: UserId) => run(`select id, title, description, completed_at, created_at from tasks where user_id = '${owner}' order by title`);
const events = async (owner: UserId, after: number) =>
  (await run(`select kind || ' ' || action as what from events where user_id = '${owner}' and seq > ${after} order by what`)).map(({ what }) => what);
const to = (seq: number) => ({ seq, time: null });

/** Seven events: three tasks; since position 3, one was changed, one removed and another created. */
async function addLog(): Promise<{ ada: UserId; before: Record<string, unknown>[] }> {
  const ada = await addOwner(own, 3);
  const before = await content(ada);
  await run(`update tasks set title = 'Changed', completed_at = now() where user_id = '${ada}' and title = 'Task 1'`);
  await run(`delete from tasks where user_id = '${ada}' and title = 'Task 2'`);
  await run(`insert into tasks (user_id, id, title) values ('${ada}', gen_random_uuid(), 'New')`);
  await run(`update tasks set description = 'x' where user_id = '${ada}' and title = 'Changed'`);
  return { ada, before };
}

describe('a rewind', () => {
  it('brings back what is gone, changes back what is otherwise and removes what was not there, as events of a sound log', async () => {
    const { ada, before } = await addLog();
    expect(await rewind(database.as(ada), to(3), true)).toEqual({ restored: 1, edited: 1, removed: 1, seq: 7 });
    expect(await events(ada, 7)).toEqual([]);
    expect(await rewind(database.as(ada), to(3), false)).toEqual({ restored: 1, edited: 1, removed: 1, seq: 10 });
    expect(await content(ada)).toEqual(before);
    expect(await events(ada, 7)).toEqual(['delete removed', 'insert restored', 'update restored']);
    expect(await withConnection(own.ownerUrl, (connection) => verifyLog(connection, ada))).not.toHaveProperty('fault');
  });

  it('is taken back by another', async () => {
    const { ada } = await addLog();
    const now = await content(ada);
    await rewind(database.as(ada), to(0), false);
    expect(await content(ada)).toEqual([]);
    await rewind(database.as(ada), to(7), false);
    expect((await content(ada)).map(({ id, title }) => [id, title])).toEqual(now.map(({ id, title }) => [id, title]));
  });

  it('goes to a time as to the newest event until then', async () => {
    const { ada, before } = await addLog();
    const [{ at } = {}] = await run(
      `select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at from events where user_id = '${ada}' and seq = 3`,
    );
    expect(await rewind(database.as(ada), { seq: null, time: String(at) }, false)).toMatchObject({ seq: 10 });
    expect(await content(ada)).toEqual(before);
    await rewind(database.as(ada), { seq: null, time: '2001-01-01T00:00:00Z' }, false);
    expect(await content(ada)).toEqual([]);
  });

  it('to where everything is as it was does nothing', async () => {
    const { ada } = await addLog();
    for (const seq of [7, 99]) expect(await rewind(database.as(ada), to(seq), false)).toEqual({ restored: 0, edited: 0, removed: 0, seq: 7 });
    expect(await events(ada, 7)).toEqual([]);
  });

  it('does nothing where the log no longer reaches so far, and does what it can where it does', async () => {
    const { ada, before } = await addLog();
    await inspect(own.ownerUrl, `select trim_log('${ada}', 3)`);
    for (const isDryRun of [true, false]) expect(await rewind(database.as(ada), to(2), isDryRun)).toBeUndefined();
    expect(await rewind(database.as(ada), { seq: null, time: '2001-01-01T00:00:00Z' }, false)).toBeUndefined();
    expect(await events(ada, 7)).toEqual([]);
    await rewind(database.as(ada), to(3), false);
    expect(await content(ada)).toEqual(before);
  });

  it('changes nobody else’s', async () => {
    const [{ ada }, { ada: ben }] = [await addLog(), await addLog()];
    const bens = await content(ben);
    await rewind(database.as(ada), to(0), false);
    expect(await content(ben)).toEqual(bens);
  });
});
