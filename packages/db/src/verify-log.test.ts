import { getTableColumns } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withConnection } from './migrate.ts';
import { taskEvents } from './schema/task-events.ts';
import { addOwner, createTestDatabase, inspect, type TestDatabase } from './testing.ts';
import type { UserId } from './user-id.ts';
import { type Head, verifyLog } from './verify-log.ts';

let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own[Symbol.asyncDispose]());

/** As an operator runs it: the schema's owner is no superuser, and row security binds it. */
const verify = (owner: UserId, recorded?: Head) => withConnection(own.ownerUrl, (connection) => verifyLog(connection, owner, recorded));

/** Changes rows past every trigger, as somebody who has the superuser's login could. */
const tamper = (text: string) =>
  withConnection(own.superuserUrl, (connection) => connection.send([{ text: `set session_replication_role = replica; ${text}` }]));

/** An owner with three tasks and nine events, the last of which removes the third task. */
async function addLog(): Promise<UserId> {
  const owner = await addOwner(own, 3);
  const notes = `set app.mutation_id = '${owner}'; set app.request_id = '${owner}'`;
  const tasks = `tasks where user_id = '${owner}'`;
  await withConnection(own.superuserUrl, (connection) =>
    connection.send([
      { text: `${notes}; update tasks set title = title || '!', description = 'Soon', completed_at = now() where user_id = '${owner}'` },
      { text: `update tasks set completed_at = null where user_id = '${owner}' and title <> 'Task 3!'; delete from ${tasks} and title = 'Task 3!'` },
    ]),
  );
  return owner;
}

it('finds a log of 1,000 events sound, and says where it ends', async () => {
  const ada = await addOwner(own, 100);
  for (let i = 0; i < 9; i += 1) await inspect(own.superuserUrl, `update tasks set title = title || '${i}' where user_id = '${ada}'`);
  const [last] = await inspect(own.superuserUrl, `select encode(hash, 'hex') as hash from task_events where user_id = '${ada}' and seq = 1000`);
  expect(await verify(ada)).toEqual({ head: { seq: 1000, hash: last?.hash, droppedSeq: 0, keptHash: '' }, events: 1000 });
});

it('finds an owner without tasks sound', async () => {
  expect(await verify(await addOwner(own))).toEqual({ head: { seq: 0, hash: '', droppedSeq: 0, keptHash: '' }, events: 0 });
});

describe('a changed row', () => {
  const changes: Record<string, string> = {
    user_id: 'gen_random_uuid()',
    seq: 'seq + 1000',
    task_id: 'gen_random_uuid()',
    action: `case action when 'removed' then action else 'restored' end`,
    at: `at + interval '1 millisecond'`,
    mutation_id: 'gen_random_uuid()',
    request_id: 'gen_random_uuid()',
    title: `coalesce(title, '') || ' '`,
    description: `coalesce(description, '') || ' '`,
    completed_at: `coalesce(completed_at, at) + interval '1 millisecond'`,
    created_at: `coalesce(created_at, at) - interval '1 millisecond'`,
    updated_at: `coalesce(updated_at, at) + interval '1 millisecond'`,
    version: 'version + 1',
    hash: 'sha256(hash)',
  };

  it('is looked for in every column', () => {
    expect(Object.keys(changes)).toEqual(Object.values(getTableColumns(taskEvents)).map(({ name }) => name));
  });

  it.each(Object.entries(changes))('is found by its %s, wherever it is', async (column, value) => {
    for (const seq of [1, 5, 8]) {
      const ada = await addLog();
      await tamper(`update task_events set ${column} = ${value} where user_id = '${ada}' and seq = ${seq}`);
      expect((await verify(ada)).fault?.seq, `${column} of ${seq}`).toBe(seq);
    }
  });
});

const taskOf = (owner: UserId, seq: number) => `(user_id, id) in (select user_id, task_id from task_events where user_id = '${owner}' and seq = ${seq})`;

/** How a log can be wrong, on the log of addLog; the first row that tells. */
const wrongs: [string, (owner: UserId) => string, { seq: number; what: RegExp }][] = [
  [
    'two rows have changed places',
    (owner) => [2, 7, 900].map((seq, i) => `update task_events set seq = ${[900, 2, 7][i]} where user_id = '${owner}' and seq = ${seq}`).join('; '),
    { seq: 2, what: /not as it was written/ },
  ],
  ['one in the middle is gone', (owner) => `delete from task_events where user_id = '${owner}' and seq = 4`, { seq: 4, what: /missing/ }],
  ['the first is gone', (owner) => `delete from task_events where user_id = '${owner}' and seq = 1`, { seq: 1, what: /missing/ }],
  ['the last is gone', (owner) => `delete from task_events where user_id = '${owner}' and seq = 9`, { seq: 9, what: /missing/ }],
  ['all are gone', (owner) => `delete from task_events where user_id = '${owner}'`, { seq: 1, what: /missing/ }],
  ['the counters are gone', (owner) => `delete from task_counters where user_id = '${owner}'`, { seq: 1, what: /not between/ }],
  ['the counters are behind', (owner) => `update task_counters set last_seq = 7 where user_id = '${owner}'`, { seq: 8, what: /not between/ }],
  [
    'one was added at the end',
    (owner) => `insert into task_events (user_id, seq, task_id, action, at, hash) values ('${owner}', 10, gen_random_uuid(), 'removed', now(), sha256(''))`,
    { seq: 10, what: /not between/ },
  ],
  [
    'one was added before the first',
    (owner) => `insert into task_events (user_id, seq, task_id, action, at, hash) values ('${owner}', 0, gen_random_uuid(), 'removed', now(), sha256(''))`,
    { seq: 0, what: /not between/ },
  ],
  [
    'it says it was trimmed past its end',
    (owner) => `update task_counters set dropped_seq = 100 where user_id = '${owner}'`,
    { seq: 9, what: /trimmed up to 100/ },
  ],
  [
    'one was added at the end and counted',
    (owner) => `insert into task_events (user_id, seq, task_id, action, at, hash) values ('${owner}', 10, gen_random_uuid(), 'removed', now(), sha256(''));
      update task_counters set last_seq = 10 where user_id = '${owner}'`,
    { seq: 10, what: /not as it was written/ },
  ],
  ['a task was changed past it', (owner) => `update tasks set title = 'Other' where ${taskOf(owner, 7)}`, { seq: 7, what: /otherwise/ }],
  ['a task was removed past it', (owner) => `delete from tasks where ${taskOf(owner, 8)}`, { seq: 8, what: /otherwise/ }],
  [
    'a task was added past it',
    (owner) => `insert into tasks select user_id, gen_random_uuid(), 'New', '', null, created_at, updated_at, 1 from tasks where user_id = '${owner}' limit 1`,
    { seq: 0, what: /no event tells of/ },
  ],
];

it.each(wrongs)('a log is broken when %s', async (_, wrong, fault) => {
  const [ada, bob] = [await addLog(), await addLog()];
  await tamper(wrong(ada));
  expect((await verify(ada)).fault).toEqual({ seq: fault.seq, what: expect.stringMatching(fault.what) });
  expect(await verify(bob)).not.toHaveProperty('fault');
});

describe('against a recorded head', () => {
  it('a log that has gone on is sound', async () => {
    const ada = await addLog();
    const { head } = await verify(ada);
    await inspect(own.superuserUrl, `update tasks set title = 'Later' where user_id = '${ada}'`);
    expect(await verify(ada, head)).toMatchObject({ head: { seq: 11 } });
    expect(await verify(ada, head)).not.toHaveProperty('fault');
  });

  it('a log whose end was cut off together with its counter and its task is broken; without one nothing tells', async () => {
    const ada = await addLog();
    await inspect(own.superuserUrl, `insert into tasks (user_id, id, title) values ('${ada}', gen_random_uuid(), 'Unwanted')`);
    const { head } = await verify(ada);
    await tamper(`delete from task_events where user_id = '${ada}' and seq = 10; update task_counters set last_seq = 9 where user_id = '${ada}';
      delete from tasks where user_id = '${ada}' and title = 'Unwanted'`);
    expect(await verify(ada)).not.toHaveProperty('fault');
    expect((await verify(ada, head)).fault).toEqual({ seq: 10, what: expect.stringContaining('when its head was recorded') });
  });

  it('a log that was hashed anew after a change is broken', async () => {
    const ada = await addLog();
    const { head } = await verify(ada);
    await tamper(`update task_events set title = 'Never said' where user_id = '${ada}' and seq = 1;
      do $$ declare event task_events; before bytea := '';
      begin
        for event in select * from task_events where user_id = '${ada}' order by seq loop
          before := sha256(before || event_content(event));
          update task_events set hash = before where user_id = event.user_id and seq = event.seq;
        end loop;
      end $$`);
    expect(await verify(ada)).not.toHaveProperty('fault');
    expect((await verify(ada, head)).fault?.seq).toBe(9);
  });
});
