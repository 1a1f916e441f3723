import { createTestDatabase, explain, inspect, openLink, trust } from '@todo/db/testing';
import { type Person, startTestApi } from './testing.ts';

const TASKS = 10_000;
const EVENTS = 100_000;

/** The last number of the long log. */
export const LAST = EVENTS;

/**
 * Every task is made first; after that they are changed one after another, and in the end one in eight is removed. The rows of all owners lie mixed on the disk,
 * as they do when many people work at the same time.
 */
const logs = (owner: string) => `
  with sizes as (
    select '${owner}'::uuid as owner, ${TASKS} as tasks, ${EVENTS} as events union all select id, 40, 200 from "user" where id <> '${owner}' and email like 'busy%'
  ), numbered as (
    select owner, seq, overlay(overlay(md5(owner || '/' || seq % tasks) placing '4' from 13) placing '8' from 17)::uuid as task, (seq + tasks - 1) / tasks as version, seq > events - tasks / 8 as gone
    from sizes cross join lateral generate_series(1, events) seq
  )
  insert into task_events (user_id, seq, task_id, action, at, title, description, created_at, updated_at, version, hash)
  select owner, seq, task, case when gone then 'removed' when version = 1 then 'created' else 'edited' end, now(),
    case when not gone then 'Task' end, case when not gone then '' end, case when not gone then now() end, case when not gone then now() end,
    case when not gone then version end, ''
  from numbered order by md5(owner || '.' || seq)`;

const counters = `
  insert into task_counters (user_id, open, completed, last_seq)
  select id, 0, 0, coalesce((select max(seq) from task_events where user_id = id), 0) from "user"`;

const people = `insert into "user" select gen_random_uuid(), 'P', case when n <= 400 then 'busy-' else '' end || n || '@example.org', true, null, now(), now()
  from generate_series(1, 3000) n`;

/** The product on a database where one owner has a long log, beside many others; what it asks of PostgreSQL is explained. */
export async function startLongLog() {
  const database = await createTestDatabase();
  const link = await openLink(database.appUrl);
  const api = await startTestApi({ appUrl: link.url });
  const ada = await api.signUp('Ada');
  for (const text of [people, logs(ada.userId), counters, 'vacuum analyze']) await inspect(database.superuserUrl, text);

  return {
    /** How the one statement of a call is planned and what it costs, beside what the call has found. */
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
