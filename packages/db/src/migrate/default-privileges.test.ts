import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addOwner, inspect, type OwnPostgres, script, startOwnPostgres } from '../testing/database.ts';
import { assertSchema, migrate } from './assert-schema.ts';
import { withConnection } from './migrate.ts';

/** As managed services do: every new object of the schema's owner belongs to their roles too, one of which passes over row-level security. */
const service = `
  create role anon login password 'chosen'; create role service_role login bypassrls password 'chosen'; create role monitoring nologin;
  grant connect on database todo to anon, service_role;
  alter default privileges for role todo_owner grant all on tables to anon, service_role;
  alter default privileges for role todo_owner grant all on functions to anon, service_role;
  alter default privileges for role todo_owner grant select on tables to monitoring with grant option;
  alter default privileges for role todo_owner grant select on tables to public`;

let server: OwnPostgres;
let superuserUrl: string;
let strangers: string[];
beforeAll(async () => {
  server = await startOwnPostgres();
  superuserUrl = new URL('/todo', server.superuserUrl).href;
  strangers = ['anon', 'service_role'].map((login) => {
    const url = new URL(superuserUrl);
    [url.username, url.password] = [login, 'chosen'];
    return url.href;
  });
  await script(superuserUrl, service);
  await inspect(superuserUrl, 'create table theirs (id integer)');
  await inspect(superuserUrl, 'alter table theirs owner to todo_owner');
  await inspect(superuserUrl, 'grant select on theirs to anon');
});
afterAll(() => server[Symbol.asyncDispose]());

const refused = expect.objectContaining({ code: '42501' });

describe('in a database whose new objects belong to other roles too', () => {
  it('migrating takes the rights back from them, and the server starts', async () => {
    await migrate(server.ownerUrl, server.appUrl);
    expect(await assertSchema(server.appUrl)).toEqual([]);
    const owner = await addOwner({ ...server, superuserUrl }, 1);
    for (const url of strangers) {
      for (const text of [
        'select title from tasks',
        'truncate session',
        'select token from session',
        'update retention set log_days = 1',
        'select trim_due_log(true)',
        `select entities_at('${owner}', 0)`,
        `insert into drizzle.__drizzle_migrations (hash) values ('${randomUUID()}')`,
        'update drizzle.schema_version set oldest = 0',
        `create trigger thief before insert on tasks for each row execute function refuse_log_change()`,
      ]) {
        const attempt = withConnection(url, (connection) => connection.send([{ text: `begin; set local app.user_id = '${owner}'` }, { text }]));
        await expect(attempt, text).rejects.toEqual(refused);
      }
      expect(await inspect(url, 'select number from drizzle.schema_version')).toHaveLength(1);
    }
    expect(await inspect(superuserUrl, `select has_table_privilege('monitoring', 'events', 'select') as may`)).toEqual([{ may: false }]);
  });

  it('their rights on tables of others stay', async () => {
    await migrate(server.ownerUrl, server.appUrl);
    expect(await inspect(strangers[0] ?? '', 'select from theirs')).toEqual([]);
  });

  it('a start without the owner’s login is refused when they have got rights again', async () => {
    await migrate(server.ownerUrl, server.appUrl);
    await inspect(superuserUrl, 'grant truncate on session to anon');
    await expect(assertSchema(server.appUrl)).rejects.toThrow('+ grant truncate on session to anon;');
    await migrate(server.ownerUrl, server.appUrl);
    await assertSchema(server.appUrl);
  });
});
