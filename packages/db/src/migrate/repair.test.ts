import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, inspect, type TestDatabase } from '../testing/database.ts';
import { assertSchema, migrate } from './assert-schema.ts';

let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own[Symbol.asyncDispose]());

it('gives back the policies, triggers and narrow rights that somebody has taken away', async () => {
  for (const text of ['drop policy owner on tasks', 'drop trigger tasks_10_stamp on tasks', 'grant update on tasks to todo_user']) {
    await inspect(own.superuserUrl, text);
    await expect(assertSchema(own.appUrl), text).rejects.toThrow('The database does not match this version');
    await migrate(own.ownerUrl, own.appUrl);
    await assertSchema(own.appUrl);
  }
});

it('serves a login also where nobody may use the schema unasked', async () => {
  await inspect(own.superuserUrl, 'revoke usage on schema public from public, todo_app');
  await expect(assertSchema(own.appUrl)).rejects.toThrow('The database does not match this version');
  await migrate(own.ownerUrl, own.appUrl);
  await assertSchema(own.appUrl);
});

it('refuses a database that holds more than this version knows', async () => {
  await inspect(own.superuserUrl, 'create policy everybody on tasks using (true)');
  await expect(migrate(own.ownerUrl, own.appUrl)).rejects.toThrow('create policy everybody on tasks');
  await inspect(own.superuserUrl, 'drop policy everybody on tasks');
});

it('says what a login that may not migrate lacks, and shows no statement', async () => {
  await inspect(own.superuserUrl, 'drop policy owner on tasks');
  const refused = migrate(own.appUrl, own.appUrl);
  await expect(refused).rejects.toThrow(/^The database cannot be migrated: permission denied for table __drizzle_migrations\. .*DATABASE_MIGRATION_URL\.$/);
});
