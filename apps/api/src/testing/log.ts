import { createHash } from 'node:crypto';
import { createTestDatabase, explain, inspect, openLink, trust } from '@todo/db/testing';
import { type Person, startTestApi } from './api.ts';

const TASKS = 10_000;
const EVENTS = 100_000;

/** The last position of the long log. */
export const LAST = EVENTS;

/**
 * First all tasks are created, then they are edited in turn, and finally one in eight is removed. The rows of all owners are interleaved on disk, as when many
 * users work at the same time.
 */
const logs = (owner: string) => `
  with sizes as (
    select '${owner}'::uuid as owner, ${TASKS} as tasks, ${EVENTS} as events union all select id, 40, 200 from "user" where id <> '${owner}' and email like 'busy%'
  ), numbered as (
    select owner, seq, overlay(overlay(md5(owner || '/' || seq % tasks) placing '4' from 13) placing '8' from 17)::uuid as task, (seq + tasks - 1) / tasks as version, seq > events - tasks / 8 as gone
    from sizes cross join lateral generate_series(1, events) seq
  )
  insert into events (user_id, seq, entity, entity_id, kind, action, at, was, version, format, fields, hash)
  select owner, seq, 'task', task, case when gone then 'delete' when version = 1 then 'insert' else 'update' end,
    case when gone then 'removed' when version = 1 then 'created' else 'edited' end, now(), case when version > 1 then now() end, version, 2,
    case when gone or version = 1 then jsonb_build_object('title', 'Task', 'created_at', now())
      else jsonb_build_object('description', jsonb_build_array('Draft ' || version - 1, 'Draft ' || version)) end, decode(md5(seq::text), 'hex')
  from numbered order by md5(owner || '.' || seq)`;

const heads = `
  update owners o set last_seq = e.seq, last_hash = e.hash from events e
  where e.user_id = o.user_id and e.seq = (select max(seq) from events where user_id = o.user_id)`;

/** The tasks at the end of these logs, inserted without triggers. */
const present = [
  'alter table tasks disable trigger all',
  `insert into tasks (user_id, id, title, search, created_at, updated_at, version)
    select distinct on (user_id, entity_id) user_id, entity_id, 'Task', 'task', at, at, version from events
    where not exists (select from events gone where gone.user_id = events.user_id and gone.entity_id = events.entity_id and gone.kind = 'delete')
    order by user_id, entity_id, seq desc`,
  'alter table tasks enable trigger all',
  'alter table lists disable trigger all',
  `insert into lists (user_id, id, name, created_at, updated_at, version)
    select id, gen_random_uuid(), 'List', now(), now(), 1 from "user", generate_series(1, 5) n`,
  'alter table lists enable trigger all',
];

/** The cursor of sync.changes at a position of the long log. */
export const cursorAfter = (seq: number) => `${seq}.${seq === 0 ? '' : createHash('md5').update(String(seq)).digest('hex').slice(16, 32)}`;

const people = `insert into "user" select gen_random_uuid(), 'P', case when n <= 400 then 'busy-' else '' end || n || '@example.org', true, null, now(), now()
  from generate_series(1, 3000) n`;

/** The API on a database with many owners, one of them with a long log. Its statements are explained. */
export async function startLongLog() {
  const database = await createTestDatabase();
  const link = await openLink(database.appUrl);
  const api = await startTestApi({ appUrl: link.url });
  const ada = await api.signUp('Ada');
  for (const text of [people, logs(ada.userId), heads, ...present, 'vacuum analyze']) await inspect(database.superuserUrl, text);

  return {
    /** The result of a call, and plan and cost of its one statement. */
    planOf: async <Found>(call: (client: Person['client']['jwt']) => Promise<Found>, mode: 'custom' | 'generic') => {
      await call(ada.client.jwt);
      link.statements();
      const found = await call(ada.client.jwt);
      const [statement, ...others] = link.statements();
      if (!statement || others.length > 0) throw new Error('A call must send one statement.');
      trust(ada.userId);
      return { found, ...(await explain(database.appUrl, ada.userId, statement, mode)) };
    },
    [Symbol.asyncDispose]: async () => {
      await api[Symbol.asyncDispose]();
      await link[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}
