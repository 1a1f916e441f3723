import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adviceOnAccess, assertSchema, migrate } from '../migrate/assert-schema.ts';
import { inspect, startOwnPostgres } from '../testing/database.ts';

const roles = ['todo_user', 'todo_identity', 'todo_watcher', 'todo_backup', 'todo_log'];

let server: Awaited<ReturnType<typeof startOwnPostgres>>;
beforeAll(async () => {
  server = await startOwnPostgres();
});
afterAll(() => server[Symbol.asyncDispose]());

const asSuperuser = (text: string) => inspect(server.superuserUrl, text);

/** The URL with another login or another database. */
function changed(url: string, { login, database }: { login?: string; database?: string }): string {
  const { password } = new URL(server.superuserUrl);
  const other = new URL(url);
  if (login) [other.username, other.password] = [login, password];
  if (database) other.pathname = database;
  return other.href;
}

const at = (name: string) => ({
  ownerUrl: changed(server.superuserUrl, { login: `${name}_owner`, database: name }),
  appUrl: changed(server.superuserUrl, { login: `${name}_app`, database: name }),
  superuserUrl: changed(server.superuserUrl, { database: name }),
});

/** Two logins and a database, created as docs/operations.md describes for a server where another installation created the roles. */
async function install(name: string) {
  const { password } = new URL(server.superuserUrl);
  await asSuperuser(`create role ${name}_owner login createrole password '${password}'`);
  await asSuperuser(`create role ${name}_app login noinherit password '${password}'`);
  await asSuperuser(`create database ${name} owner ${name}_owner`);
  for (const role of roles) {
    const known = await asSuperuser(`select from pg_roles where rolname = '${role}'`);
    if (known.length > 0) await asSuperuser(`grant ${role} to ${name}_owner with admin option`);
  }
  return at(name);
}

describe('of two installations on one server', () => {
  beforeAll(async () => {
    for (const name of ['one', 'two']) {
      const { ownerUrl, appUrl } = await install(name);
      await migrate(ownerUrl, appUrl);
    }
  });

  it.each(['one_app', 'one_owner'])('%s connects to its own database and to no other', async (login) => {
    await inspect(changed(server.superuserUrl, { login, database: 'one' }), 'select');
    const refused = inspect(changed(server.superuserUrl, { login, database: 'two' }), 'select');
    await expect(refused).rejects.toMatchObject({ cause: { code: '42501', message: 'permission denied for database "two"' } });
  });

  it.each(['two_app', 'two_owner'])('%s connects to its own database and to no other', async (login) => {
    await inspect(changed(server.superuserUrl, { login, database: 'two' }), 'select');
    const refused = inspect(changed(server.superuserUrl, { login, database: 'one' }), 'select');
    await expect(refused).rejects.toMatchObject({ cause: { code: '42501', message: 'permission denied for database "one"' } });
  });

  it('a start notices a database that was opened to everybody or copied, and the owner’s login closes it', async () => {
    const { ownerUrl, appUrl } = at('one');
    await asSuperuser('create database copied template one owner one_owner');
    await asSuperuser('grant temporary on database one to public');
    for (const database of ['one', 'copied']) {
      const [owner, app] = [changed(ownerUrl, { database }), changed(appUrl, { database })];
      await expect(assertSchema(app)).rejects.toThrow('Every login of this server may connect to the database. Run "pnpm db migrate".');
      await migrate(owner, app);
      await assertSchema(app);
      expect(await adviceOnAccess(app)).toBeUndefined();
    }
    await expect(inspect(changed(at('two').appUrl, { database: 'copied' }), 'select')).rejects.toMatchObject({ cause: { code: '42501' } });
  });
});

it('a login that cannot get a role of the product gets the commands that an administrator must run', async () => {
  for (const role of roles) await asSuperuser(`do $$ begin create role ${role} nologin noinherit; exception when duplicate_object then null; end $$`);
  const { password } = new URL(server.superuserUrl);
  await asSuperuser(`create role poor_owner login password '${password}'`);
  await asSuperuser('create database poor owner poor_owner');
  const { ownerUrl } = at('poor');
  await expect(migrate(ownerUrl, ownerUrl)).rejects.toThrow('have an administrator run "grant todo_log to poor_owner with admin option"');
  await asSuperuser(`grant ${roles.join(', ')} to poor_owner with admin option`);
  await migrate(ownerUrl, ownerUrl);
});

describe('where the owner of the tables does not own the database', () => {
  beforeAll(async () => {
    const { superuserUrl } = await install('rented');
    await inspect(superuserUrl, 'alter database rented owner to postgres');
    await inspect(superuserUrl, 'alter schema public owner to rented_owner');
    await inspect(superuserUrl, 'grant create on database rented to rented_owner');
  });

  it('it migrates and starts, and says what the owner of the database must run', async () => {
    const { ownerUrl, appUrl, superuserUrl } = at('rented');
    await migrate(ownerUrl, appUrl);
    const advice = (await adviceOnAccess(appUrl)) ?? '';
    expect(advice).toContain('Every login of this server may connect to the database rented');
    const statements = advice.slice(advice.indexOf('run: ') + 5).split(';');
    for (const text of statements.filter(Boolean)) await inspect(superuserUrl, text);
    expect(await adviceOnAccess(appUrl)).toBeUndefined();
    await migrate(ownerUrl, appUrl);
    await inspect(ownerUrl, 'create temporary table brought_back (id uuid)');
    await expect(inspect(appUrl, 'create temporary table loot (id uuid)')).rejects.toMatchObject({ code: '42501' });
  });
});
