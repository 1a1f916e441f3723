import { withConnection } from '../migrate/migrate.ts';
import { inspect, type TestDatabase } from './database.ts';

/** Every kind of change to tasks; each line is a transaction. $1 is the owner. */
export const life = [
  ...['A', 'B', 'C', 'D'].map((title) => `insert into tasks (user_id, id, title) values ($1, gen_random_uuid(), '${title}')`),
  `insert into tasks (user_id, id, title, description, completed_at) values ($1, gen_random_uuid(), 'E', E'null\\n{}', '2026-01-02T03:04:05.678Z')`,
  `update tasks set title = 'A2', description = 'Two' where user_id = $1 and title = 'A'`,
  `update tasks set description = '' where user_id = $1 and title = 'A2'`,
  ...['A2', 'B', 'C', 'D'].map((title) => `update tasks set completed_at = now() where user_id = $1 and title = '${title}'`),
  ...['B', 'E'].map((title) => `update tasks set completed_at = null where user_id = $1 and title = '${title}'`),
  `set local app.mutation_id = '00000000-0000-7000-8000-0000000000aa'; delete from tasks where user_id = $1 and title in ('B', 'C')`,
  `set local app.action = 'restored'; insert into tasks (user_id, id, title) select user_id, task_id, 'B' from task_events where user_id = $1 and title = 'B' limit 1`,
  `update tasks set title = 'B2' where user_id = $1 and title = 'B'`,
  `insert into tasks (user_id, id, title) select user_id, task_id, 'C again' from task_events where user_id = $1 and title = 'C' limit 1`,
  `set local app.request_id = '00000000-0000-7000-8000-0000000000bb'; update tasks set title = 'D2', completed_at = null where user_id = $1 and title = 'D'`,
];

export const live = ({ superuserUrl }: TestDatabase, owner: string, lines: string[]) =>
  withConnection(superuserUrl, async (connection) => {
    for (const line of lines) await connection.send([{ text: `begin; ${line.replaceAll('$1', `'${owner}'`)}; commit` }]);
  });

/** The tasks at each position of a log, as an earlier version returns them. */
export const formerStates = (own: TestDatabase, owner: string) =>
  inspect(
    own.superuserUrl,
    `select upto::int, coalesce(jsonb_agg(jsonb_build_object('id', task_id, 'version', version, 'updated_at', updated_at, 'fields',
         jsonb_strip_nulls(jsonb_build_object('title', title, 'description', nullif(description, ''), 'completed_at', completed_at, 'created_at', created_at)))
         order by task_id) filter (where version is not null), '[]') as tasks
     from (select seq as upto from task_events where user_id = '${owner}' union select dropped_seq from task_counters where user_id = '${owner}') numbers
     left join lateral (select distinct on (task_id) * from task_events where user_id = '${owner}' and seq <= upto order by task_id, seq desc) newest on true
     where upto >= (select dropped_seq from task_counters where user_id = '${owner}') group by upto order by upto`,
  );

/** The lines that verify-log of an earlier version recorded. */
export const formerHeads = async ({ superuserUrl }: TestDatabase) =>
  (
    await inspect(
      superuserUrl,
      `select c.user_id || ':' || c.last_seq || ':' || encode(e.hash, 'hex') || case when c.dropped_seq > 0 then ':' || c.dropped_seq || ':' || encode(c.kept_hash, 'hex') else '' end as line
       from task_counters c join task_events e on e.user_id = c.user_id and e.seq = c.last_seq`,
    )
  ).map(({ line }) => `${line}\n`);
