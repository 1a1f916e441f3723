import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withConnection } from '../migrate/migrate.ts';
import { populate } from '../testing/backups.ts';
import { createTestDatabase, inspect, type TestDatabase } from '../testing/database.ts';
import { backupTables } from './contents.ts';

const refused = { code: '42501' };
const nobody = '00000000-0000-0000-0000-000000000000';

let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
  await populate(own);
});
afterAll(() => own[Symbol.asyncDispose]());

const as = (url: string, ...statements: string[]) =>
  withConnection(url, async (connection) => {
    await connection.send([{ text: `begin; set local app.user_id = '${nobody}'` }]);
    const answers = await connection.send(statements.map((text) => ({ text })));
    return answers.at(-1)?.count;
  });
const become = 'set local role todo_backup';

describe('the role that reads for a backup', () => {
  it.each(['user', 'jwks', 'tasks', 'owners', 'events', 'idempotency_keys', 'account_receipts'])('sees every row of "%s"', async (table) => {
    const [all] = await inspect(own.superuserUrl, `select count(*)::int from "${table}"`);
    expect(all?.count).toBeGreaterThan(0);
    expect(await as(own.ownerUrl, become, `select * from "${table}"`)).toBe(all?.count);
  });

  it('sees passwords, and nothing that another provider gave', async () => {
    expect(await as(own.ownerUrl, become, 'select user_id, password from account')).toBeGreaterThan(0);
    for (const column of ['access_token', 'refresh_token', 'id_token', 'access_token_expires_at', 'refresh_token_expires_at']) {
      await expect(as(own.ownerUrl, become, `select ${column} from account`), column).rejects.toMatchObject(refused);
    }
  });

  it.each(['session', 'verification', 'rate_limit', 'mails', 'security_events'])('does not see "%s"', async (table) => {
    await expect(as(own.ownerUrl, become, `select from ${table}`)).rejects.toMatchObject(refused);
  });

  it.each([
    'user',
    'account',
    'second_factors',
    'passkeys',
    'jwks',
    'tasks',
    'owners',
    'events',
    'idempotency_keys',
    'account_receipts',
    'session',
    'verification',
    'rate_limit',
    'mails',
    'security_events',
  ])('changes nothing in "%s"', async (table) => {
    await expect(as(own.ownerUrl, become, `delete from "${table}"`)).rejects.toMatchObject(refused);
    await expect(as(own.ownerUrl, become, `insert into "${table}" default values`)).rejects.toMatchObject(refused);
    await expect(as(own.ownerUrl, become, `truncate "${table}"`)).rejects.toMatchObject(refused);
  });

  it('is not for the login of the running product', async () => {
    await expect(as(own.appUrl, become)).rejects.toMatchObject(refused);
    await expect(as(own.appUrl, 'set local role todo_user', become)).rejects.toMatchObject(refused);
  });
});

it.each(['tasks', 'owners', 'events', 'idempotency_keys'])('being a member of that role shows no row of "%s" by itself', async (table) => {
  expect(await as(own.ownerUrl, `select * from ${table}`)).toBe(0);
});

it('every table is either held by a backup or left out for a reason: it proves who somebody is, says from where, lives an hour, only counts calls, or is a setting', async () => {
  const all = await inspect(own.superuserUrl, `select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by relname`);
  const held = await withConnection(own.ownerUrl, backupTables);
  const left = all.map(({ relname }) => relname).filter((name) => !held.some((table) => table.name === name));
  expect(left).toEqual(['mails', 'rate_limit', 'retention', 'security_events', 'session', 'verification']);
  const columns = await inspect(
    own.superuserUrl,
    `select table_name || '.' || column_name as name from information_schema.columns where table_schema = 'public' order by 1`,
  );
  const heldColumns = held.flatMap(({ name, columns }) => columns.map((column) => `${name}.${column}`));
  const leftColumns = columns.map(({ name }) => String(name)).filter((name) => !left.includes(name.split('.')[0]) && !heldColumns.includes(name));
  expect(leftColumns).toEqual([
    'account.access_token',
    'account.access_token_expires_at',
    'account.id_token',
    'account.refresh_token',
    'account.refresh_token_expires_at',
  ]);
});
