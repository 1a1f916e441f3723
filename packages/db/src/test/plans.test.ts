import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withConnection } from '../migrate/migrate.ts';
import { placeOf } from '../schema/tasks.ts';
import { addOwner, createTestDatabase, explain, inspect, type TestDatabase } from '../testing/database.ts';
import { forSignIn, people } from '../testing/sign-in-purposes.ts';
import type { UserId } from '../user-id.ts';

const TASKS = 5_000;
const PAGE = 50;

let own: TestDatabase;
let ada: UserId;

/** Tasks created one minute apart; every other one is completed. */
const spread = (owner: UserId, count: number) => `
  insert into tasks (user_id, id, title, search, created_at, updated_at, version, completed_at, due_date, labels)
  select '${owner}', gen_random_uuid(), 'Task ' || n, 'task ' || n, t, t + interval '1 hour', 1, case when n % 2 = 0 then t end,
    case when n % 3 = 0 then t::date + n % 100 end, case when n % 20 = 0 then array['Work'] when n % 7 = 0 then array['Label ' || n % 30] else '{}' end
  from generate_series(1, ${count}) n cross join lateral (select timestamptz '2026-01-01' + n * interval '1 minute') at (t)`;

/** For each owner, 100 removed tasks in the log, and a call with a key and a group for each event. */
const past = `
  insert into tasks (user_id, id, title, search, created_at, updated_at, version) select user_id, gen_random_uuid(), 'Gone', 'gone', now(), now(), 1 from (select distinct user_id from tasks) o, generate_series(1, 100);
  delete from tasks where title = 'Gone';
  insert into lists (user_id, id, name) select user_id, gen_random_uuid(), 'List' from (select distinct user_id from tasks) o, generate_series(1, 100);
  insert into idempotency_keys (user_id, id, group_id, seq, at) select user_id, gen_random_uuid(), gen_random_uuid(), seq, at from events`;

beforeAll(async () => {
  own = await createTestDatabase();
  ada = await addOwner(own);
  const others = await Promise.all(Array.from({ length: 40 }, () => addOwner(own)));
  await withConnection(own.superuserUrl, async (connection) => {
    await connection.send([{ text: people }, { text: 'alter table tasks disable trigger tasks_10_stamp' }]);
    await connection.send([ada, ...others].map((owner) => ({ text: spread(owner, owner === ada ? TASKS : 200) })));
    await connection.send([{ text: past }]);
    await connection.send([{ text: 'vacuum analyze' }]);
  });
});
afterAll(() => own[Symbol.asyncDispose]());

const ofTask = `user_id = $1 and entity_id = '00000000-0000-7000-8000-000000000000'`;
const newest = `order by created_at desc, id desc limit ${PAGE}`;

/** The purpose of each index on an owner's data, and a statement that must use it. */
const forOwners = {
  lists_pkey: ['one list by its id', `select * from lists where user_id = $1 and id = '00000000-0000-7000-8000-000000000000'`],
  tasks_pkey: ['one task by its id', `select * from tasks where user_id = $1 and id = '00000000-0000-7000-8000-000000000000'`],
  tasks_newest_idx: ['all tasks, newest first', `select * from tasks where user_id = $1 ${newest}`],
  tasks_open_newest_idx: ['open tasks, newest first', `select * from tasks where user_id = $1 and completed_at is null ${newest}`],
  tasks_completed_newest_idx: ['completed tasks, newest first', `select * from tasks where user_id = $1 and completed_at is not null ${newest}`],
  tasks_updated_idx: ['tasks by last change', `select * from tasks where user_id = $1 order by updated_at desc, id desc limit ${PAGE}`],
  tasks_title_idx: ['tasks by title', `select * from tasks where user_id = $1 order by title, id limit ${PAGE}`],
  tasks_list_idx: ['the tasks of a list', `select id from tasks where user_id = $1 and list_id = '00000000-0000-7000-8000-000000000000'`],
  tasks_parent_idx: ['the subtasks of a task', `select id from tasks where user_id = $1 and parent_id = '00000000-0000-7000-8000-000000000000'`],
  tasks_place_idx: [
    'the last task of the inbox',
    `select position from tasks where user_id = $1 and ${placeOf()} = $1 order by position collate "C" desc, id desc limit 1`,
  ],
  tasks_due_idx: ['what is due', `select * from tasks where user_id = $1 and completed_at is null and due_date >= '2026-01-10' order by due_date, id limit 5`],
  tasks_completed_at_idx: [
    'completed tasks by the time of completion',
    `select * from tasks where user_id = $1 and completed_at is not null order by completed_at desc, id desc limit ${PAGE}`,
  ],
  task_labels_pkey: ['the tasks with a label', `select task_id from task_labels where user_id = $1 and name_key = 'work'`],
  owners_pkey: ['how many tasks an owner has', 'select open, completed from owners where user_id = $1'],
  events_pkey: ['what has changed since', `select * from events where user_id = $1 and seq > 100 order by seq limit ${PAGE}`],
  events_entity_idx: ['what happened to one entity', `select * from events where ${ofTask} and seq < 100 order by seq desc limit ${PAGE}`],
  events_list_idx: ['what happened to lists', `select * from events where user_id = $1 and entity = 'list' order by seq desc limit ${PAGE}`],
  events_removed_idx: ['the removals', `select * from events where user_id = $1 and kind = 'delete' order by seq desc limit ${PAGE}`],
  idempotency_keys_pkey: ['a call that was applied', `select seq from idempotency_keys where user_id = $1 and id = '00000000-0000-7000-8000-000000000000'`],
  idempotency_keys_group_idx: [
    'the calls of a group',
    `select id from idempotency_keys where user_id = $1 and group_id = '00000000-0000-7000-8000-000000000000'`,
  ],
};

/** The same for the oldest rows of everybody. */
const forHousekeeping = {
  owners_log_mb_idx: ['the largest log', 'select user_id from owners where log_mb > 0 and log_mb >= 100 order by log_mb desc limit 1'],
  idempotency_keys_at_idx: ['old idempotency keys', `select user_id, id from idempotency_keys where at < now() - interval '30 days' order by at limit 1000`],
  session_updated_at_idx: [
    'expired sessions',
    `select id from session where updated_at < now() - interval '30 days' and expires_at < now() order by updated_at limit 1000`,
  ],
  verification_expires_at_idx: [
    'expired verifications',
    `select id from verification where expires_at < now() - interval '1 day' order by expires_at limit 1000`,
  ],
  rate_limit_last_request_idx: ['old rate limit counts', 'select id from rate_limit where last_request < 0 order by last_request limit 1000'],
  mails_created_at_idx: ['old mails', `select id from mails where created_at < now() - interval '1 hour' order by created_at limit 1000`],
  mails_waiting_idx: ['mails to send', 'select id from mails where begun_at is null and next_attempt_at < now() order by next_attempt_at limit 4'],
  security_events_at_idx: ['old security events', `select user_id, id from security_events where at < now() - interval '180 days' order by at limit 1000`],
  owners_log_since_idx: ['the oldest log', `select user_id from owners where log_since < now() - interval '90 days' order by log_since limit 1`],
};

const listed = (purposes: Record<string, string[]>) => Object.entries(purposes).map(([index, [purpose = '', text = '']]) => ({ index, purpose, text }));

describe.each(['custom', 'generic'] as const)('by a %s plan', (mode) => {
  it.each(listed(forOwners))('$index finds $purpose', async ({ index, text }) => {
    const { indexes, steps } = await explain(own.appUrl, ada, { text, values: [ada] }, mode);
    expect(indexes).toEqual([index]);
    expect(steps.filter((step) => /Sort|Seq Scan|Bitmap/.test(step))).toEqual([]);
  });

  it.each(listed(forSignIn))('$index finds $purpose', async ({ index, text }) => {
    const { indexes, steps } = await explain(own.appUrl, null, { text, values: [ada] }, mode);
    expect(indexes).toEqual([index]);
    expect(steps).not.toContain('Seq Scan');
  });

  it.each(['created_at', 'updated_at', 'title'])('the deepest page by %s costs what the first does', async (column) => {
    const rows = `select * from tasks where user_id = $1`;
    const order = `order by ${column} desc, id desc`;
    const [last] = await inspect(own.superuserUrl, `${rows.replace('$1', `'${ada}'`)} ${order} offset ${TASKS - PAGE - 1} limit 1`);
    const keyset = { text: `${rows} and (${column}, id) < ($2, $3) ${order} limit ${PAGE}`, values: [ada, String(last?.[column]), String(last?.id)] };
    const first = await explain(own.appUrl, ada, { text: `${rows} ${order} limit ${PAGE}`, values: [ada] }, mode);
    const deepest = await explain(own.appUrl, ada, keyset, mode);
    const offset = await explain(own.appUrl, ada, { text: `${rows} ${order} offset ${TASKS - PAGE} limit ${PAGE}`, values: [ada] }, mode);
    expect(deepest.buffers).toBeLessThanOrEqual(2 * first.buffers);
    expect(offset.buffers).toBeGreaterThan(5 * deepest.buffers);
  });
});

it.each(listed(forHousekeeping))('$index finds $purpose', async ({ index, text }) => {
  const plan = await inspect(own.superuserUrl, `explain (format json) ${text}`);
  expect(JSON.stringify(plan)).toContain(`"Index Name":"${index}"`);
  expect(JSON.stringify(plan)).not.toMatch(/Sort|Seq Scan|Bitmap/);
});

it('account_receipts_pkey finds one receipt by its id, for an operator', async () => {
  const plan = await inspect(own.superuserUrl, `explain (format json) select * from account_receipts where id = '${ada}'`);
  expect(JSON.stringify(plan)).toMatch(/Index Name[\\": ]+account_receipts_pkey/);
});

it('every index is there for a purpose above', async () => {
  const rows = await inspect(own.superuserUrl, `select indexname from pg_indexes where schemaname = 'public'`);
  expect(rows.map(({ indexname }) => indexname).sort()).toEqual(
    ['account_receipts_pkey', ...Object.keys({ ...forOwners, ...forHousekeeping, ...forSignIn })].sort(),
  );
});

it('every foreign key has an index that begins with it', async () => {
  const keys = await inspect(
    own.superuserUrl,
    `select conname, exists (
       select from pg_index where indrelid = conrelid and (indkey::int2[])[0:cardinality(conkey) - 1] = conkey and (indpred is null
         or pg_get_expr(indpred, indrelid) = (select format('(%s IS NOT NULL)', attname) from pg_attribute where attrelid = conrelid and attnum = conkey[cardinality(conkey)]))
     ) as indexed from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace`,
  );
  expect(keys.length).toBeGreaterThan(0);
  expect(keys.filter(({ indexed }) => !indexed)).toEqual([]);
});

it('every key of owner data begins with the owner', async () => {
  const columns = await inspect(
    own.superuserUrl,
    `select relname, conname, (select attname from pg_attribute where attrelid = conrelid and attnum = conkey[1]) as first from pg_constraint
     join pg_class on pg_class.oid = conrelid where contype in ('p', 'u', 'x') and relforcerowsecurity order by conname`,
  );
  expect(columns).toEqual([
    { relname: 'events', conname: 'events_pkey', first: 'user_id' },
    { relname: 'idempotency_keys', conname: 'idempotency_keys_pkey', first: 'user_id' },
    { relname: 'lists', conname: 'lists_pkey', first: 'user_id' },
    { relname: 'owners', conname: 'owners_pkey', first: 'user_id' },
    { relname: 'task_labels', conname: 'task_labels_pkey', first: 'user_id' },
    { relname: 'tasks', conname: 'tasks_pkey', first: 'user_id' },
  ]);
});
