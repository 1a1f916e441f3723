import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, inspect, script, type TestDatabase } from '../testing/database.ts';

// What must hold so that deploy/citus/distribute.sql can distribute the owners' data by user_id, see docs/scaling.md. Each rule names what breaks it.

/** The tables of owners' data; all others stay on the coordinator. */
const owned = `select oid from pg_class where relforcerowsecurity and relnamespace = 'public'::regnamespace`;
const functions = `
  select p.proname as name, p.prosrc as body, p.proowner::regrole::text as owner, exists (
    select from pg_trigger t where t.tgfoid = p.oid and not t.tgisinternal and t.tgrelid in (${owned})
  ) as on_workers from pg_proc p where p.pronamespace = 'public'::regnamespace`;

interface Rule {
  /** Selects a line for each breach. */
  query: string;
  /** Breaks the rule. */
  breach: string;
}

const rules: Record<string, Rule> = {
  'a unique index contains user_id': {
    query: `select indexrelid::regclass || ' lacks user_id' as line from pg_index where indisunique and indrelid in (${owned})
      and not (select attnum from pg_attribute where attrelid = indrelid and attname = 'user_id') = any(indkey::int2[])`,
    breach: 'create unique index on events (entity_id, seq)',
  },
  'a foreign key joins owned tables by user_id': {
    // distribute.sql drops the keys to user; the workers delete the lists and tasks of a deleted account with its row in owners.
    query: `select conname || ' refers to a row that another node may hold' as line from pg_constraint where contype = 'f' and conname not in ('lists_user_id_user_id_fk', 'tasks_user_id_user_id_fk')
      and (conrelid in (${owned}) or confrelid in (${owned})) and not exists (
        select from unnest(conkey, confkey) pair (own, other)
        join pg_attribute a on a.attrelid = conrelid and a.attnum = own join pg_attribute b on b.attrelid = confrelid and b.attnum = other
        where a.attname = 'user_id' and b.attname = 'user_id')`,
    breach: 'alter table session add column task_owner uuid references owners (user_id)',
  },
  'no foreign key sets some of its columns to null': {
    query: `select conname || ' sets columns to null' as line from pg_constraint where confdelsetcols is not null and conrelid in (${owned})`,
    breach: 'alter table tasks add column parent uuid, add foreign key (user_id, parent) references tasks (user_id, id) on delete set null (parent)',
  },
  'no column counts by a sequence': {
    query: `select attrelid::regclass || '.' || attname || ' counts by a sequence' as line from pg_attribute
      left join pg_attrdef on adrelid = attrelid and adnum = attnum
      where attrelid in (${owned}) and (attidentity <> '' or pg_get_expr(adbin, adrelid) like 'nextval%')`,
    breach: 'alter table events add column number bigint generated always as identity',
  },
  'no policy has a sub-select': {
    query: `select polname || ' of ' || polrelid::regclass || ' has a sub-select' as line from pg_policy
      where polrelid in (${owned}) and concat(pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) ~* '\\mselect\\M'`,
    breach: `create policy more on owners using (user_id = (select id from "user" limit 1))`,
  },
  'a trigger on TRUNCATE has no other event': {
    query: `select tgname || ' has TRUNCATE beside another event' as line from pg_trigger
      where tgrelid in (${owned}) and not tgisinternal and tgtype::int & 32 > 0 and tgtype::int & 28 > 0`,
    breach: 'create trigger mixed before update or truncate on owners for each statement execute function refuse_log_change()',
  },
  'a trigger does not ask for the name of its table or how deep it is nested': {
    query: `select name || ' would behave otherwise on a worker' as line from (${functions}) f where on_workers and body ~* '\\m(tg_table_name|tg_relname|tg_relid|pg_trigger_depth)\\M'
      union all select tgname || ' would behave otherwise on a worker' from pg_trigger where tgrelid in (${owned}) and pg_get_triggerdef(oid) ~* 'pg_trigger_depth'`,
    breach: 'create trigger deep before delete on owners for each row when (pg_trigger_depth() = 0) execute function refuse_log_change()',
  },
  'no function has MERGE': {
    query: `select name || ' has MERGE' as line from (${functions}) f where body ~* '\\mmerge\\s+into\\M'`,
    breach: `create function merging() returns void language plpgsql as 'begin merge into owners o using "user" u on u.id = o.user_id when matched then delete; end'`,
  },
  'a function with parameters is not in SQL': {
    query: `select proname || ' is in SQL' as line from pg_proc join pg_language l on l.oid = prolang where lanname = 'sql' and pronargs > 0
      and pronamespace = 'public'::regnamespace`,
    breach: `create function open_tasks(owner uuid) returns bigint language sql as 'select open::bigint from owners where user_id = owner'`,
  },
  'a transition table is not joined': {
    query: `select proname || ' joins the transition table ' || old as line from (
        select p.proname, p.prosrc, coalesce(t.tgoldtable, t.tgnewtable)::text as old from pg_trigger t join pg_proc p on p.oid = t.tgfoid where tgrelid in (${owned})
      ) t where old is not null and (prosrc ~* ('\\m' || old || '\\M[^;]*\\mjoin\\M') or prosrc ~* ('\\mjoin\\s+' || old || '\\M'))`,
    breach: `create function joining() returns trigger language plpgsql as 'begin perform from gone g join owners o on o.user_id = g.user_id; return null; end';
      create trigger joined after delete on events referencing old table as gone for each statement execute function joining()`,
  },
  'a function of todo_log that writes from the coordinator sets app.user_id before': {
    // Citus evaluates the policies' current_setting when it plans a statement that writes, although the CASE around it would not.
    query: `select name || ' writes before it sets app.user_id' as line from (${functions}) f where owner = 'todo_log' and not on_workers
      and body ~* '(insert into|update|delete from) public\\.(tasks|owners|events|idempotency_keys)'
      and split_part(body, 'set_config(''app.user_id''', 1) ~* '(insert into|update|delete from) public\\.'`,
    breach: `create function purging() returns void language plpgsql as 'begin delete from public.owners; end'; grant create on schema public to todo_log; alter function purging() owner to todo_log`,
  },
};

let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own[Symbol.asyncDispose]());

describe.each(Object.entries(rules))('%s', (_, { query, breach }) => {
  it('is true of this schema', async () => {
    expect(await inspect(own.superuserUrl, query)).toEqual([]);
  });

  it('is not true of a schema that breaks it', async () => {
    await using other = await createTestDatabase();
    await script(other.superuserUrl, breach);
    expect(await inspect(other.superuserUrl, query)).toHaveLength(1);
  });
});

it('distribute.sql distributes all tables of owner data', async () => {
  const tables = (await inspect(own.superuserUrl, `select oid::regclass::text as name from (${owned}) t`)).map(({ name }) => `public.${name}`);
  const text = readFileSync(join(import.meta.dirname, '../../../../deploy/citus/distribute.sql'), 'utf8');
  expect([...text.matchAll(/create_distributed_table\('([\w.]+)', 'user_id'/g)].map(([, name]) => name).sort()).toEqual(tables.sort());
});
