import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withConnection } from './migrate.ts';
import { addOwner, createTestDatabase, inspect, type TestDatabase } from './testing.ts';
import type { UserId } from './user-id.ts';
import { type Head, verifyLog } from './verify-log.ts';

let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own[Symbol.asyncDispose]());

const verify = (owner: UserId, recorded?: Head) => withConnection(own.ownerUrl, (connection) => verifyLog(connection, owner, recorded));
const run = (text: string) => inspect(own.superuserUrl, text);
const log = (owner: UserId) => run(`select seq::int, action, title from task_events where user_id = '${owner}' order by seq`);
const counters = async (owner: UserId) => (await run(`select * from task_counters where user_id = '${owner}'`))[0];

/** Trims by the schema's owner, who is no superuser; answers how many events went. */
const trim = async (owner: UserId, before: string) => Number((await inspect(own.ownerUrl, `select trim_log('${owner}', '${before}') as dropped`))[0]?.dropped);

const add = (owner: UserId, title: string) => run(`insert into tasks (user_id, id, title) values ('${owner}', gen_random_uuid(), '${title}')`);
const rename = (owner: UserId, title: string, to: string) => run(`update tasks set title = '${to}' where user_id = '${owner}' and title = '${title}'`);
const remove = (owner: UserId, title: string) => run(`delete from tasks where user_id = '${owner}' and title = '${title}'`);

/** A moment after everything that was done and before everything that will be: events are dated to the millisecond. */
const now = async () => String((await run(`select date_trunc('milliseconds', clock_timestamp())::text as now from pg_sleep(0.002)`))[0]?.now);

/** Changes rows past every trigger, as somebody who has the superuser's login could. */
const tamper = (text: string) =>
  withConnection(own.superuserUrl, (connection) => connection.send([{ text: `set session_replication_role = replica; ${text}` }]));

/** Five events: A is as it was made, B was renamed, C is gone. */
async function addLog(): Promise<UserId> {
  const owner = await addOwner(own);
  for (const title of ['A', 'B', 'C']) await add(owner, title);
  await rename(owner, 'B', 'B2');
  await remove(owner, 'C');
  return owner;
}

/** The same with two more since, trimmed to those. */
async function addTrimmed(): Promise<UserId> {
  const owner = await addLog();
  const moment = await now();
  await rename(owner, 'A', 'A2');
  await remove(owner, 'B2');
  expect(await trim(owner, moment)).toBe(3);
  return owner;
}

const trimmed = [
  { seq: 1, action: 'created', title: 'A' },
  { seq: 4, action: 'edited', title: 'B2' },
  { seq: 6, action: 'edited', title: 'A2' },
  { seq: 7, action: 'removed', title: null },
];

describe('a trimmed log', () => {
  it('holds what happened since, and before that the tasks as they were then', async () => {
    const ada = await addTrimmed();
    expect(await log(ada)).toEqual(trimmed);
    expect(await counters(ada)).toMatchObject({ last_seq: '7', dropped_seq: '5' });
    expect(await verify(ada)).toMatchObject({ events: 4, head: { seq: 7, droppedSeq: 5 } });
    expect(await verify(ada)).not.toHaveProperty('fault');
  });

  it('goes on, and is trimmed again', async () => {
    const ada = await addTrimmed();
    await add(ada, 'D');
    await rename(ada, 'D', 'D2');
    expect(await trim(ada, await now())).toBe(4);
    expect((await log(ada)).map(({ seq }) => seq)).toEqual([6, 9]);
    await rename(ada, 'D2', 'D3');
    expect(await verify(ada)).toMatchObject({ events: 3, head: { seq: 10, droppedSeq: 9 } });
    expect(await verify(ada)).not.toHaveProperty('fault');
  });

  it('keeps its last event, on which the next one builds, even if its task is gone', async () => {
    const ada = await addLog();
    const { head } = await verify(ada);
    expect(await trim(ada, await now())).toBe(2);
    expect((await log(ada)).map(({ seq }) => seq)).toEqual([1, 4, 5]);
    const moment = await now();
    await add(ada, 'D');
    expect(await verify(ada, head)).not.toHaveProperty('fault');
    expect(await trim(ada, moment)).toBe(1);
    expect((await log(ada)).map(({ seq }) => seq)).toEqual([1, 4, 6]);
    expect(await verify(ada, head)).not.toHaveProperty('fault');
  });

  it('is as it was when nothing can go', async () => {
    const [ada, bob] = [await addTrimmed(), await addOwner(own, 3)];
    const before = await counters(ada);
    expect([await trim(ada, '2000-01-01'), await trim(bob, await now()), await trim(await addOwner(own), await now())]).toEqual([0, 0, 0]);
    expect(await counters(ada)).toEqual(before);
    expect(await counters(bob)).toMatchObject({ dropped_seq: '0', dropped_hash: null, kept_hash: null });
  });

  it('forgets calls that were carried out before', async () => {
    const ada = await addLog();
    const call = (id: string) => run(`insert into mutations values ('${ada}', '${id}', '', 5, now())`);
    await call('00000000-0000-0000-0000-000000000001');
    const moment = await now();
    await call('00000000-0000-0000-0000-000000000002');
    await trim(ada, moment);
    expect(await run(`select id from mutations where user_id = '${ada}'`)).toEqual([{ id: '00000000-0000-0000-0000-000000000002' }]);
  });

  it('is sound while its owner goes on writing', async () => {
    const ada = await addOwner(own, 5);
    const write = async () => {
      for (let i = 0; i < 20; i += 1) await run(`update tasks set title = 'T' || random() where user_id = '${ada}'`);
    };
    const cut = async () => {
      for (let i = 0; i < 20; i += 1) await trim(ada, await now());
    };
    await Promise.all([write(), write(), cut()]);
    expect(await verify(ada)).not.toHaveProperty('fault');
    expect(await counters(ada)).toMatchObject({ last_seq: '205', dropped_seq: expect.not.stringMatching(/^0$/) });
  });
});

describe('the log lets go of nothing but that', () => {
  it.each([
    ['without a word', ''],
    ['with the newest event of a living task among it', 'set local app.trim_to = 5; delete from task_events where user_id = $1 and seq < 5'],
    ['beyond what is said', 'set local app.trim_to = 2; delete from task_events where user_id = $1 and seq <= 3'],
    ['of the last event', 'set local app.trim_to = 8; delete from task_events where user_id = $1 and seq in (6, 8)'],
    ['up to less than before', `select trim_log($1, now()); set local app.trim_to = 2; delete from task_events where user_id = $1 and seq = 4`],
    ['up to more than was said', 'set local app.trim_to = 100; delete from task_events where user_id = $1 and seq = 2'],
    ['of anybody else', 'set local app.trim_to = 5; delete from task_events where seq = 2'],
  ])('%s', async (_, attempt) => {
    const [ada] = [await addLog(), await addLog()];
    await add(ada, 'D');
    await add(ada, 'E');
    await remove(ada, 'D');
    const before = await log(ada);
    const text = (attempt || 'delete from task_events where user_id = $1 and seq = 2').replaceAll('$1', `'${ada}'`);
    const refused = withConnection(own.superuserUrl, (connection) => connection.send([{ text: `begin; set local app.user_id = '${ada}'; ${text}; commit` }]));
    await expect(refused).rejects.toThrow();
    expect(await log(ada)).toEqual(before);
  });

  it('and not for the product itself', async () => {
    const ada = await addLog();
    const flight = own.open().as(ada).builder();
    await expect(flight.execute(`select trim_log('${ada}', now())`)).rejects.toMatchObject({ cause: { code: '42501' } });
    await expect(flight.execute(`select digest_events('${ada}', 1)`)).rejects.toMatchObject({ cause: { code: '42501' } });
  });
});

describe('a trimmed log is broken', () => {
  it.each([
    ['a kept task was changed', `update task_events set description = 'Never said' where seq = 4`, 5],
    ['a kept task and its hash were changed', `update task_events set title = 'Z', hash = sha256('') where seq = 1`, 5],
    ['a kept task is gone', 'delete from task_events where seq = 4', 5],
    [
      'a task was added to those kept',
      `insert into task_events select user_id, 2, task_id, action, at, null, null, title, description, null, at, at, 1, hash from task_events where seq = 1`,
      5,
    ],
    ['the proof of what was kept was changed', `update task_counters set kept_hash = sha256('')`, 5],
    ['the proof of what follows was changed', `update task_counters set dropped_hash = sha256('')`, 6],
    ['it says it was trimmed to less', 'update task_counters set dropped_seq = 4', 5],
    ['it says it was trimmed to more', 'update task_counters set dropped_seq = 6', 6],
    ['it says it was never trimmed', 'update task_counters set dropped_seq = 0', 1],
  ])('when %s', async (_, change, seq) => {
    const ada = await addTrimmed();
    await tamper(/where/.test(change) ? `${change} and user_id = '${ada}'` : `${change} where user_id = '${ada}'`);
    expect((await verify(ada)).fault?.seq).toBe(seq);
  });

  it('when a task that has not changed since is not what was kept of it: that one is named', async () => {
    const ada = await addLog();
    await trim(ada, await now());
    await tamper(`update task_events set title = 'Z' where user_id = '${ada}' and seq = 1`);
    expect((await verify(ada)).fault).toMatchObject({ seq: 1 });
  });

  it('when what was kept is proven anew, and its head was recorded', async () => {
    const ada = await addTrimmed();
    const { head } = await verify(ada);
    await tamper(
      `update task_events set title = 'Z' where user_id = '${ada}' and seq = 4; update task_counters set kept_hash = digest_events('${ada}', 5) where user_id = '${ada}'`,
    );
    expect(await verify(ada)).not.toHaveProperty('fault');
    expect((await verify(ada, head)).fault).toMatchObject({ seq: 5 });
  });
});
