import { columnOf } from '@todo/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tables } from '../tables.ts';
import { createTestDatabase, inspect, type TestDatabase } from '../testing/database.ts';
import { assertSchema, migrate } from './assert-schema.ts';
import { describeCatalog, differences } from './catalog.ts';
import { withConnection } from './migrate.ts';
import { committedCatalog } from './version.ts';

let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own[Symbol.asyncDispose]());

/** The differences after a change that stop a start. The change is then rolled back. */
const differenceAfter = (change: string) =>
  withConnection(own.superuserUrl, async (connection) => {
    await connection.send([{ text: 'begin' }, { text: change }]);
    const found = await describeCatalog(connection);
    await connection.send([{ text: 'rollback' }]);
    return differences(committedCatalog(), found).others;
  });

const changes = {
  'drop policy owner on tasks': '- create policy owner on tasks',
  'create policy everybody on tasks using (true)': '+ create policy everybody on tasks',
  'alter policy owner on tasks using (true)': '+ create policy owner on tasks',
  'alter policy owner on tasks with check (true)': '+ create policy owner on tasks',
  'alter policy identity on session to public': '+ create policy identity on session as permissive for * to public',
  'alter table tasks disable row level security': '+ alter table tasks disable row level security',
  'alter table tasks no force row level security': '+ alter table tasks enable row level security, no force',
  'grant update (user_id) on tasks to todo_user': `+ grant update (${[...tables.task.fieldNames.map(columnOf), 'user_id'].sort().join(', ')}) on tasks`,
  'grant select on session to todo_user': '+ grant select on session to todo_user',
  'grant select on session to public': '+ grant select on session to public',
  'grant select on tasks to todo_app': '+ grant select on tasks to todo_app',
  'grant create on schema public to todo_user': '+ grant create on schema public to todo_user',
  'grant execute on function log_task() to public': '+ -- may run it: public',
  'alter function log_task() owner to todo_owner': '- -- belongs to: todo_log',
  'alter policy log on events to public': '+ create policy log on events as permissive for * to public',
  'grant select on session to todo_log': '+ grant select on session to todo_log',
  'grant create on schema public to todo_log': '+ grant create on schema public to todo_log',
  'alter role todo_log bypassrls': '+ create role todo_log nologin nosuperuser bypassrls',
  'alter function log_task() security invoker': '-  SECURITY DEFINER',
  'alter function log_task() reset all': "-  SET search_path TO 'pg_catalog', 'pg_temp'",
  'alter table tasks disable trigger tasks_10_stamp': '+ CREATE TRIGGER tasks_10_stamp',
  'alter table tasks disable trigger tasks_20_log': '+ CREATE TRIGGER tasks_20_log',
  'alter table events disable trigger events_10_update': '+ CREATE TRIGGER events_10_update',
  'alter table "user" disable trigger user_20_close_log': '+ CREATE TRIGGER user_20_close_log',
  'grant insert on events to todo_user': '+ grant insert, select on events to todo_user',
  'grant delete on idempotency_keys to todo_user': '+ grant delete, insert, select on idempotency_keys to todo_user',
  'grant select on account_receipts to todo_user': '+ grant select on account_receipts to todo_user',
  'grant select on owners to todo_watcher': '+ grant select on owners to todo_watcher',
  'drop policy backup on tasks': '- create policy backup on tasks',
  'alter policy backup on tasks using (true)': '+ create policy backup on tasks',
  'grant select on session to todo_backup': '+ grant select on session to todo_backup',
  'grant select on account to todo_backup': '+ grant select on account to todo_backup',
  'grant todo_user to todo_backup': '+ grant todo_user to todo_backup',
  'alter table owners disable trigger owners_20_erase_log': '+ CREATE TRIGGER owners_20_erase_log',
  'grant update on owners to todo_user': '+ grant select, update on owners to todo_user',
  'create or replace function state_digest(owner uuid, upto bigint) returns bytea language sql as $$select null::bytea$$': '-   return (select sha256',
  'drop trigger tasks_10_stamp on tasks': '- CREATE OR REPLACE FUNCTION public.stamp_task()',
  'alter table tasks drop constraint tasks_title_length': '- alter table tasks add constraint tasks_title_length',
  'alter table tasks drop constraint tasks_user_id_user_id_fk': '- alter table tasks add constraint tasks_user_id_user_id_fk',
  'create unique index on tasks (user_id, title)': '+ CREATE UNIQUE INDEX tasks_user_id_title_idx',
  'alter table tasks add constraint short check (char_length(title) < 100)': '+ alter table tasks add constraint short',
  'alter table tasks add column shared boolean': '+   shared boolean',
  'alter role todo_user bypassrls': '+ create role todo_user nologin nosuperuser bypassrls',
  'alter role todo_user superuser': '+ create role todo_user nologin superuser',
  'alter role todo_user login': '+ create role todo_user login',
  'grant todo_identity to todo_user': '+ grant todo_identity to todo_user',
  'grant pg_read_all_data to todo_user': '+ grant pg_read_all_data to todo_user',
  'create or replace function stamp_task() returns trigger language plpgsql as $$begin return new; end$$': '-     new.search := old.search;',
};

describe('a server start is refused after', () => {
  it.each(Object.entries(changes))('%s', async (change, line) => {
    expect(await differenceAfter(change)).toContain(line);
  });

  it('nothing: it is not', async () => {
    expect(await differenceAfter('select')).toBe('');
    await assertSchema(own.appUrl);
  });
});

describe('a server starts, and says what differs, after', () => {
  it.each([
    ['an index was dropped', 'drop index tasks_title_idx', '- CREATE INDEX tasks_title_idx ON public.tasks USING btree (user_id, title, id);'],
    ['an index was added in an emergency', 'create index concurrently hasty on events (at)', '+ CREATE INDEX hasty ON public.events USING btree (at);'],
    [
      'an index was left invalid',
      `update pg_index set indisvalid = false where indexrelid = 'tasks_title_idx'::regclass`,
      '+ CREATE INDEX tasks_title_idx ON public.tasks USING btree (user_id, title, id); -- invalid',
    ],
  ])('%s', async (_, change, line) => {
    await using changed = await createTestDatabase();
    await inspect(changed.superuserUrl, change);
    expect(await assertSchema(changed.appUrl)).toEqual([expect.stringContaining(line)]);
    expect(await migrate(changed.ownerUrl, changed.appUrl)).toEqual([expect.stringContaining(line)]);
  });

  it.each([
    ['extended statistics', 'create statistics tasks_completion on user_id, completed_at from tasks'],
    ['a table of somebody else', 'create table notes_of_the_operator (id integer)'],
  ])('%s: it says nothing', async (_, change) => {
    await using changed = await createTestDatabase();
    await inspect(changed.superuserUrl, change);
    expect(await assertSchema(changed.appUrl)).toEqual([]);
  });
});

it('the refusal says what differs and what to do', async () => {
  await using changed = await createTestDatabase();
  await inspect(changed.superuserUrl, 'grant select on session to todo_user');
  const message = 'The database does not match this version. Run "pnpm db migrate".\n+ grant select on session to todo_user;';
  await expect(assertSchema(changed.appUrl)).rejects.toThrow(message);
});

it('a login that may become neither role is refused', async () => {
  const { superuserUrl } = own;
  const url = new URL(own.appUrl);
  url.username = `stranger_${url.pathname.slice(6)}`;
  await inspect(superuserUrl, `create role ${url.username} login password '${url.password}'`);
  await inspect(superuserUrl, `grant connect on database ${url.pathname.slice(1)} to ${url.username}`);
  await expect(assertSchema(url.href)).rejects.toThrow('permission denied to set role "todo_user"');
  await inspect(superuserUrl, `drop owned by ${url.username}`);
  await inspect(superuserUrl, `drop role ${url.username}`);
});
