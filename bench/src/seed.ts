import type { Person } from './people.ts';
import type { Sql } from './postgres.ts';

/** Rows per statement. They share one timestamp, by which lists are ordered. */
const BATCH_SIZE = 100;

/** One task in `FOUND_EVERY` matches the search, and one in `DONE_EVERY` is completed. */
export const FOUND_EVERY = 50;
export const SEARCH = 'plumber';
const DONE_EVERY = 3;
/** The first day on which tasks are due, and how many are due on each. */
export const FIRST_DAY = '2027-01-01';
const DUE_PER_DAY = 15;
/** Number of changes after a reader's cursor. */
export const UNREAD_CHANGES = 20;

/** Whether tasks are due, and whether they recur. */
export type Due = 'never' | 'once' | 'daily';

/** Adds tasks through the product's triggers, which stamp, count and log them. */
export async function addTasks(sql: Sql, person: Person, count: number, due: Due = 'never'): Promise<void> {
  for (let from = 1; from <= count; from += BATCH_SIZE) {
    const to = Math.min(from + BATCH_SIZE - 1, count);
    await sql`
      insert into tasks (user_id, id, position, completed_at, due_date, recurrence, title, description)
      select ${person.id}, gen_random_uuid(), 'f' || lpad(n::text, 6, '0'), case when n % ${DONE_EVERY}::int = 0 then now() end,
        case when ${due} <> 'never' then ${FIRST_DAY}::date + n / ${DUE_PER_DAY}::int end, case when ${due} = 'daily' then 'FREQ=DAILY' end,
        'Task ' || n || case when n % ${FOUND_EVERY}::int = 0 then ': call the ' || ${SEARCH}::text else ': water the plants' end,
        'Some words about it, as people write them.'
      from generate_series(${from}::int, ${to}::int) n`;
  }
}

/** A cursor of sync.changes from which the last `UNREAD_CHANGES` changes are unread. */
export async function cursorBehind(sql: Sql, person: Person): Promise<string> {
  const [event] = await sql`
    select seq, encode(substring(hash, 9, 8), 'hex') as hash from events where user_id = ${person.id} order by seq desc offset ${UNREAD_CHANGES} limit 1`;
  if (!event) throw new Error(`The log has no more than ${UNREAD_CHANGES} events.`);
  return `${event.seq}.${event.hash}`;
}

/**
 * Copies the product's database for the comparisons, without triggers, the columns they maintain, row-level security and the log. Tasks stay in the same pages
 * with the same indexes. PostgreSQL copies only a database without connections, so the product's server must connect again.
 */
export async function copyForComparisons(superuser: Sql, open: (name: string) => Sql, name: string): Promise<void> {
  await superuser`alter database todo allow_connections false`;
  await superuser`select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = 'todo'`;
  await superuser.unsafe(`create database ${name} template todo owner todo_owner`);
  await superuser`alter database todo allow_connections true`;
  const copy = open(name);
  const tables = await copy`select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'`;
  for (const { relname } of tables) await copy.unsafe(`alter table "${relname}" disable row level security, disable trigger user`);
  await copy.unsafe(`
    alter table tasks alter id set default gen_random_uuid(), alter created_at set default now(), alter updated_at set default now(), alter version set default 1, drop search;
    drop table events, owners, idempotency_keys cascade`);
  await copy`vacuum analyze`;
  await copy.end();
}
