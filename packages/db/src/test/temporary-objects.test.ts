import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withConnection } from '../migrate/migrate.ts';
import { addOwner, createTestDatabase, inspect, type TestDatabase } from '../testing/database.ts';
import type { UserId } from '../user-id.ts';

let own: TestDatabase;
let ada: UserId;
beforeAll(async () => {
  own = await createTestDatabase();
  ada = await addOwner(own, 1);
});
afterAll(() => own[Symbol.asyncDispose]());

/** Runs statements as a role of the running product, for Ada; returns the rows of the last one and rolls back. */
const sendAs = (role: string, ...texts: string[]) =>
  withConnection(own.appUrl, async (connection) => {
    await connection.send([{ text: `begin; set local role ${role}; set local app.user_id = '${ada}'` }]);
    const answers = await connection.send(texts.map((text) => ({ text })));
    return [...(answers.at(-1) ?? [])];
  });

describe.each(['todo_user', 'todo_identity', 'todo_watcher'])('%s', (role) => {
  it.each(['create temp table loot (id uuid)', 'create domain pg_temp.tid as pg_catalog.tid'])('cannot %s', async (text) => {
    await expect(sendAs(role, text)).rejects.toMatchObject({ code: '42501' });
  });
});

describe('should temporary objects be allowed again', () => {
  beforeAll(async () => {
    const { pathname } = new URL(own.superuserUrl);
    await inspect(own.superuserUrl, `grant temporary on database ${pathname.slice(1)} to public`);
  });

  it.each(['tid', 'uuid', 'text'])('a type that a role of the product calls %s runs no code in a trigger of ours', async (type) => {
    const id = randomUUID();
    const rows = await sendAs(
      'todo_user',
      `create function pg_temp.note(value pg_catalog.${type}) returns pg_catalog.bool language plpgsql as
       $$ begin perform pg_catalog.set_config('app.ran_as', current_user, true); return true; end $$`,
      `create domain pg_temp.${type} as pg_catalog.${type} check (pg_temp.note(value))`,
      `insert into tasks (user_id, id, title) values ('${ada}', '${id}', 'Bait')`,
      `update tasks set title = 'Changed' where user_id = '${ada}' and id = '${id}'`,
      `delete from tasks where user_id = '${ada}' and id = '${id}'`,
      `select pg_catalog.current_setting('app.ran_as', true) as ran_as`,
    );
    expect(rows).toEqual([{ ran_as: null }]);
  });

  it.each(['owners', 'events', 'idempotency_keys'])('a trigger of a role of the product shows it no row of "%s" that is not the owner’s', async (table) => {
    await inspect(own.superuserUrl, `insert into idempotency_keys (user_id, id, seq, at) values ('${await addOwner(own, 1)}', gen_random_uuid(), 1, now())`);
    const rows = await sendAs(
      'todo_user',
      'create temporary table loot (user_id uuid)',
      'create temporary table bait (id integer)',
      `create function pg_temp.peek() returns trigger language plpgsql as $$ begin insert into pg_temp.loot select user_id from public.${table}; return new; end $$`,
      'create trigger peek before insert on bait for each row execute function pg_temp.peek()',
      'insert into bait values (1)',
      `select count(*)::integer as others from loot where user_id <> '${ada}'`,
    );
    expect(rows).toEqual([{ others: 0 }]);
  });
});

it('every function of the schema names where its types and tables are, the temporary schema last', async () => {
  const found = await inspect(
    own.superuserUrl,
    `select proname, array_to_string(proconfig, '; ') as settings from pg_proc where pronamespace = 'public'::regnamespace`,
  );
  expect(found.length).toBeGreaterThan(0);
  for (const { proname, settings } of found) expect(settings, `${proname}`).toMatch(/^search_path=pg_catalog, pg_temp(; TimeZone=UTC)?$/);
});
