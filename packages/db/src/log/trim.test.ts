import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withConnection } from '../migrate/migrate.ts';
import { addOwner, createTestDatabase, inspect, type TestDatabase } from '../testing/database.ts';
import { writeLogs } from '../testing/trimmed.ts';
import type { UserId } from '../user-id.ts';
import { type Head, verifyLog } from './verify.ts';

let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own[Symbol.asyncDispose]());

const verify = (owner: UserId, recorded?: Head) => withConnection(own.ownerUrl, (connection) => verifyLog(connection, owner, recorded));
const { run, add, rename, remove, now, addLog, addTrimmed } = writeLogs(() => own);
const log = (owner: UserId) => run(`select seq::int, action from events where user_id = '${owner}' order by seq`);
const numbers = async (owner: UserId) => (await log(owner)).map(({ seq }) => seq);
const ownerRow = async (owner: UserId) => (await run(`select * from owners where user_id = '${owner}'`))[0];

/** Runs an operator's function as the schema's owner, who is not a superuser, so row security applies. Returns the number of deleted events. */
const call = async (text: string) => Number((await inspect(own.ownerUrl, `select ${text} as dropped`))[0]?.dropped);
const trim = (owner: UserId, before: string) => own.trimLog(owner, before);
const trimTo = (owner: UserId, seq: number) => call(`trim_log('${owner}', ${seq})`);

const statesAt = (owner: UserId, seq: number) =>
  withConnection(own.ownerUrl, async (connection) => {
    const [, rows] = await connection.send([
      { text: `begin; set local app.user_id = '${owner}'` },
      { text: `select entity, id, version, updated_at, fields from entities_at('${owner}', ${seq}) order by id`, prepared: { params: [], rows: 'objects' } },
    ]);
    return [...(rows ?? [])];
  });

describe('a log whose beginning was dropped', () => {
  it('holds what happened since, and still leads back to how everything was there', async () => {
    const ada = await addLog();
    const time = await now();
    const before = await statesAt(ada, 5);
    await rename(ada, 'A', 'A2');
    await remove(ada, 'B2');
    expect(await trim(ada, time)).toBe(5);
    expect(await log(ada)).toEqual([
      { seq: 6, action: 'edited' },
      { seq: 7, action: 'removed' },
    ]);
    expect(before).toHaveLength(2);
    expect(await statesAt(ada, 5)).toEqual(before);
    expect(await ownerRow(ada)).toMatchObject({ last_seq: '7', dropped_seq: '5' });
    expect(await verify(ada)).toMatchObject({ events: 2, head: { seq: 7, droppedSeq: 5 } });
    expect(await verify(ada)).not.toHaveProperty('fault');
  });

  it('goes on, and is trimmed again', async () => {
    const ada = await addTrimmed();
    await add(ada, 'D');
    await rename(ada, 'D', 'D2');
    expect(await trim(ada, await now())).toBe(4);
    await rename(ada, 'D2', 'D3');
    expect(await numbers(ada)).toEqual([10]);
    expect(await verify(ada)).toMatchObject({ events: 1, head: { seq: 10, droppedSeq: 9 } });
    expect(await verify(ada)).not.toHaveProperty('fault');
  });

  it('may be empty: the next event goes on from the hash that the owner’s row keeps', async () => {
    const ada = await addLog();
    const { head } = await verify(ada);
    expect(await trim(ada, await now())).toBe(5);
    expect(await numbers(ada)).toEqual([]);
    expect(await verify(ada, head)).toMatchObject({ events: 0, head: { seq: 5, hash: head.hash } });
    expect(await verify(ada, head)).not.toHaveProperty('fault');
    await add(ada, 'D');
    expect(await numbers(ada)).toEqual([6]);
    expect(await verify(ada, head)).not.toHaveProperty('fault');
  });

  it('is trimmed at a position too', async () => {
    const ada = await addLog();
    expect([await trimTo(ada, 3), await trimTo(ada, 3), await trimTo(ada, 2), await trimTo(ada, 6)]).toEqual([3, 0, 0, 0]);
    expect(await numbers(ada)).toEqual([4, 5]);
    expect(await verify(ada)).not.toHaveProperty('fault');
  });

  it('is as it was when nothing can go', async () => {
    const [ada, bob] = [await addTrimmed(), await addOwner(own, 3)];
    const before = await ownerRow(ada);
    expect([await trim(ada, '2000-01-01'), await trim(bob, '2000-01-01'), await trim(await addOwner(own), await now())]).toEqual([0, 0, 0]);
    expect(await call(`trim_log('00000000-0000-7000-8000-000000000000', 1)`)).toBe(0);
    expect(await ownerRow(ada)).toEqual(before);
    expect(await ownerRow(bob)).toMatchObject({ dropped_seq: '0', dropped_state: null });
  });

  it('is sound while its owner goes on writing', async () => {
    const ada = await addOwner(own, 5);
    const write = async () => {
      for (let i = 0; i < 20; i += 1) await run(`update tasks set title = 'T' || random() where user_id = '${ada}'`);
    };
    const cutting = async () => {
      for (let i = 0; i < 20; i += 1) await trim(ada, await now());
    };
    await Promise.all([write(), write(), cutting()]);
    expect(await verify(ada)).not.toHaveProperty('fault');
    expect(await ownerRow(ada)).toMatchObject({ last_seq: '205', dropped_seq: expect.not.stringMatching(/^0$/) });
  });
});

describe('the log lets go of nothing but a beginning that its owner’s row records', () => {
  it.each([
    ['one in the middle', 'delete from events where user_id = $1 and seq = 2'],
    ['all of it', 'delete from events where user_id = $1'],
    ['a beginning that nobody has recorded', 'delete from events where user_id = $1 and seq <= 3'],
    ['more than is recorded', 'select trim_log($1, 3); delete from events where user_id = $1 and seq <= 4'],
    ['the owner’s row', 'delete from owners where user_id = $1'],
  ])('not of %s', async (_, attempt) => {
    const ada = await addLog();
    const text = attempt.replaceAll('$1', `'${ada}'`);
    const refused = withConnection(own.superuserUrl, (connection) => connection.send([{ text: `begin; set local app.user_id = '${ada}'; ${text}; commit` }]));
    await expect(refused).rejects.toMatchObject({ code: '23001' });
    expect(await numbers(ada)).toEqual([1, 2, 3, 4, 5]);
  });

  it('and not for the product itself', async () => {
    const ada = await addLog();
    const transaction = own.open().as(ada).builder();
    for (const text of [`trim_log('${ada}', 1)`, `state_digest('${ada}', 1)`]) {
      await expect(transaction.execute(`select ${text}`), text).rejects.toMatchObject({ cause: { code: '42501' } });
    }
  });
});
