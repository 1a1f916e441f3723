import { getTableColumns } from 'drizzle-orm';
import { PgColumn } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withConnection } from '../migrate/migrate.ts';
import { events } from '../schema/events.ts';
import { addOwner, createTestDatabase, inspect, type TestDatabase } from '../testing/database.ts';
import { hashAnew } from '../testing/logs.ts';
import type { UserId } from '../user-id.ts';
import { type Head, verifyLog } from './verify.ts';

let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own[Symbol.asyncDispose]());

/** Runs as the schema's owner, like an operator: row security applies, because the owner is not a superuser. */
const verify = (owner: UserId, recorded?: Head) => withConnection(own.ownerUrl, (connection) => verifyLog(connection, owner, recorded));

/** Changes rows without triggers, as someone with the superuser's login could. */
const tamper = (text: string) =>
  withConnection(own.superuserUrl, (connection) => connection.send([{ text: `set session_replication_role = replica; ${text}` }]));

/** An owner with three tasks and nine events, the last of which removes the third task. */
async function addLog(): Promise<UserId> {
  const owner = await addOwner(own, 3);
  const notes = `set app.mutation_id = '${owner}'; set app.request_id = '${owner}'`;
  const change = (title: number, text: string) => ({ text: text.replace('$1', `user_id = '${owner}' and title like 'Task ${title}%'`) });
  await withConnection(own.superuserUrl, (connection) =>
    connection.send([
      { text: notes },
      ...[1, 2, 3].map((n) => change(n, `update tasks set title = title || '!', description = 'Soon', completed_at = now() where $1`)),
      ...[1, 2].map((n) => change(n, 'update tasks set completed_at = null where $1')),
      change(3, 'delete from tasks where $1'),
    ]),
  );
  return owner;
}

it('finds a log of 1,000 events sound, and says where it ends; and so one without any', async () => {
  const ada = await addOwner(own, 100);
  for (let i = 0; i < 9; i += 1) await inspect(own.superuserUrl, `update tasks set title = title || '${i}' where user_id = '${ada}'`);
  const [last] = await inspect(own.superuserUrl, `select encode(hash, 'hex') as hash from events where user_id = '${ada}' and seq = 1000`);
  expect(await verify(ada)).toEqual({ head: { seq: 1000, hash: last?.hash, droppedSeq: 0, droppedState: '' }, events: 1000, compared: false });
  expect(await verify(await addOwner(own))).toEqual({ head: { seq: 0, hash: '', droppedSeq: 0, droppedState: '' }, events: 0, compared: false });
});

describe('a changed event', () => {
  const changes: Record<string, string> = {
    user_id: 'gen_random_uuid()',
    seq: 'seq + 1000',
    entity: `'tisk'`,
    entity_id: 'gen_random_uuid()',
    kind: `case kind when 'update' then 'insert' else 'update' end`,
    action: `case action when 'removed' then 'edited' else 'restored' end`,
    at: `at + interval '1 millisecond'`,
    was: `coalesce(was, at) - interval '1 millisecond'`,
    version: 'version + 1',
    format: 'format + 1',
    mutation_id: 'gen_random_uuid()',
    request_id: 'gen_random_uuid()',
    fields: `fields || '{"description": ["x", "y"]}'`,
    hash: 'sha256(hash)',
  };

  it('is looked for in every column', () => {
    const names = Object.values(getTableColumns(events)).map((column) => (column instanceof PgColumn ? column.name : ''));
    expect(Object.keys(changes)).toEqual(names);
  });

  it.each(Object.entries(changes))('is found by its %s, wherever it is', async (column, value) => {
    for (const seq of [1, 5, 9]) {
      const ada = await addLog();
      await tamper(`update events set ${column} = ${value} where user_id = '${ada}' and seq = ${seq}`);
      expect((await verify(ada)).fault?.seq, `${column} of ${seq}`).toBe(seq);
    }
  });

  /** Its hash, all later hashes and the owner's row are corrected: only the values show the change. */
  it.each([
    ['the new value of a change that another follows', `fields = jsonb_set(fields, '{completed_at,1}', '"2001-01-01T00:00:00+00:00"')`, 4, 7],
    ['the new value of the last change of a field', `fields = jsonb_set(fields, '{title,1}', '"Forged"')`, 4, 7],
    ['the old value of the first change of a field', `fields = jsonb_set(fields, '{title,0}', '"Forged"')`, 4, 4],
    ['the old value of a later change', `fields = jsonb_set(fields, '{completed_at,0}', 'null')`, 7, 7],
    ['a change of a field that it did not touch', `fields = fields || '{"description": ["Soon", "Later"]}'`, 7, 7],
    ['a field that it touched and names no more', `fields = fields - 'title'`, 5, 8],
    ['what was created', `fields = jsonb_set(fields, '{title}', '"Forged"')`, 1, 4],
    ['when it was created', `fields = jsonb_set(fields, '{created_at}', '"2001-01-01T00:00:00+00:00"')`, 1, 7],
    ['what was removed', `fields = jsonb_set(fields, '{title}', '"Forged"')`, 9, 9],
    ['the version', 'version = version + 1', 4, 4],
    ['the time', `at = at + interval '1 day'`, 4, 7],
    ['the time before', `was = was - interval '1 day'`, 4, 4],
    ['the kind', `kind = 'insert', was = null`, 4, 4],
    ['the task', 'entity_id = (select o.entity_id from events o where o.user_id = events.user_id and o.seq = 2)', 4, 5],
  ])('is found by %s, though the chain was computed anew', async (_, change, seq, found) => {
    const ada = await addLog();
    await tamper(`update events set ${change} where user_id = '${ada}' and seq = ${seq}; ${hashAnew(ada)}`);
    const { fault } = await verify(ada);
    expect(fault?.what).not.toMatch(/does not match its hash|owner's row/);
    expect(fault?.seq).toBe(found);
  });
});

const taskOf = (owner: UserId, seq: number) => `(user_id, id) in (select user_id, entity_id from events where user_id = '${owner}' and seq = ${seq})`;
const addEvent = (owner: UserId, seq: number) =>
  `insert into events (user_id, seq, entity, entity_id, kind, action, at, version, format, fields, hash)
   values ('${owner}', ${seq}, 'task', gen_random_uuid(), 'insert', 'created', now(), 1, 2, '{"title": "New"}', sha256(''))`;

/** Ways in which the log of addLog can be wrong, with the first event that shows it. */
const wrongs: [string, (owner: UserId) => string, { seq: number; what: RegExp }][] = [
  [
    'two events have changed places',
    (owner) => [2, 7, 900].map((seq, i) => `update events set seq = ${[900, 2, 7][i]} where user_id = '${owner}' and seq = ${seq}`).join('; '),
    { seq: 2, what: /its hash/ },
  ],
  ['one in the middle is gone', (owner) => `delete from events where user_id = '${owner}' and seq = 4`, { seq: 4, what: /missing/ }],
  ['the first is gone', (owner) => `delete from events where user_id = '${owner}' and seq = 1`, { seq: 1, what: /missing/ }],
  ['the last is gone', (owner) => `delete from events where user_id = '${owner}' and seq = 9`, { seq: 9, what: /missing/ }],
  ['all are gone', (owner) => `delete from events where user_id = '${owner}'`, { seq: 1, what: /missing/ }],
  ['the owner’s row is gone', (owner) => `delete from owners where user_id = '${owner}'`, { seq: 1, what: /outside/ }],
  ['the owner’s row is behind', (owner) => `update owners set last_seq = 7 where user_id = '${owner}'`, { seq: 8, what: /outside/ }],
  ['the owner’s row has another hash', (owner) => `update owners set last_hash = sha256('') where user_id = '${owner}'`, { seq: 9, what: /owner's row/ }],
  ['one was added at the end', (owner) => addEvent(owner, 10), { seq: 10, what: /outside/ }],
  ['one was added before the first', (owner) => addEvent(owner, 0), { seq: 0, what: /outside/ }],
  ['it says it was trimmed past its end', (owner) => `update owners set dropped_seq = 100 where user_id = '${owner}'`, { seq: 1, what: /outside/ }],
  [
    'one was added at the end and counted',
    (owner) => `${addEvent(owner, 10)}; update owners set last_seq = 10 where user_id = '${owner}'`,
    { seq: 10, what: /its hash/ },
  ],
  ['one was added at the end, counted and hashed', (owner) => `${addEvent(owner, 10)}; ${hashAnew(owner)}`, { seq: 10, what: /its row/ }],
  [
    'the tail is gone, and the owner’s row says so',
    (owner) => `delete from events where user_id = '${owner}' and seq > 7; ${hashAnew(owner)}`,
    { seq: 5, what: /its row/ },
  ],
  [
    'the beginning is gone, and the owner’s row says so',
    (owner) => `update owners o set dropped_seq = 3, dropped_hash = e.hash from events e where o.user_id = '${owner}' and e.user_id = o.user_id and e.seq = 3;
      delete from events where user_id = '${owner}' and seq <= 3`,
    { seq: 3, what: /trimmed/ },
  ],
  [
    'one in the middle is gone, and what follows was numbered and hashed anew',
    (owner) =>
      `delete from events where user_id = '${owner}' and seq = 4; update events set seq = seq + 1000 where user_id = '${owner}' and seq > 4;
       update events set seq = seq - 1001 where user_id = '${owner}' and seq > 1000; ${hashAnew(owner)}`,
    { seq: 6, what: /its row/ },
  ],
  ['a task was changed past it', (owner) => `update tasks set title = 'Other' where ${taskOf(owner, 7)}`, { seq: 7, what: /its row/ }],
  ['the version of a task was changed past it', (owner) => `update tasks set version = version + 1 where ${taskOf(owner, 7)}`, { seq: 7, what: /its row/ }],
  [
    'the time of a task was changed past it',
    (owner) => `update tasks set updated_at = updated_at + interval '1 day' where ${taskOf(owner, 7)}`,
    { seq: 7, what: /its row/ },
  ],
  ['a task was removed past it', (owner) => `delete from tasks where ${taskOf(owner, 8)}`, { seq: 8, what: /its row/ }],
  [
    'a task was added past it',
    (owner) =>
      `insert into tasks select user_id, gen_random_uuid(), 'New', '', null, created_at, updated_at, 1, '' from tasks where user_id = '${owner}' limit 1`,
    { seq: 0, what: /no event names/ },
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
    expect(await verify(ada, head)).toMatchObject({ head: { seq: 11 }, compared: true });
    expect(await verify(ada, head)).not.toHaveProperty('fault');
  });

  it('a log whose end was cut off together with the owner’s row and its task is broken; without a recorded head this cannot be seen', async () => {
    const ada = await addLog();
    await inspect(own.superuserUrl, `insert into tasks (user_id, id, title) values ('${ada}', gen_random_uuid(), 'Unwanted')`);
    const { head } = await verify(ada);
    await tamper(
      `delete from events where user_id = '${ada}' and seq = 10; delete from tasks where user_id = '${ada}' and title = 'Unwanted'; ${hashAnew(ada)}`,
    );
    expect(await verify(ada)).not.toHaveProperty('fault');
    expect((await verify(ada, head)).fault).toEqual({ seq: 10, what: expect.stringContaining('when its head was recorded') });
  });

  it('a log that was changed with its task and hashed anew is broken', async () => {
    const ada = await addLog();
    const { head } = await verify(ada);
    await tamper(`update events set mutation_id = gen_random_uuid() where user_id = '${ada}' and seq = 1; ${hashAnew(ada)}`);
    expect(await verify(ada)).not.toHaveProperty('fault');
    expect((await verify(ada, head)).fault?.seq).toBe(9);
  });
});
