import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { assertSchema } from '@todo/db/migrate/assert-schema';
import { addOwner, createTestDatabase, inspect, type TestDatabase } from '@todo/db/testing';
import { createFolder } from '@todo/db/testing/backups';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, expect, it } from 'vitest';

let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own[Symbol.asyncDispose]());

const program = join(import.meta.dirname, 'cli.ts');
const dbWith = (env: Record<string, string>, ...args: string[]) =>
  promisify(execFile)(process.execPath, [program, ...args], { env: { DATABASE_URL: own.appUrl, DATABASE_MIGRATION_URL: own.ownerUrl, ...env } });
const db = (...args: string[]) => dbWith({}, ...args);

const usersLeft = async () => (await inspect(own.superuserUrl, 'select count(*)::int from "user"'))[0]?.count;

it('reset empties a database only with --yes, and leaves it ready for a server', async () => {
  await addOwner(own, 1);
  await expect(db('reset')).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('--yes') });
  expect(await usersLeft()).toBe(1);
  await db('reset', '--yes');
  expect(await usersLeft()).toBe(0);
  await assertSchema(own.appUrl);
});

it('backups by hand and of drills are encrypted to whom the settings name, unless the command says otherwise', async () => {
  using folder = createFolder();
  const env = { BACKUP_TO: await identityToRecipient(await generateIdentity()), BACKUP_DIR: folder.path };
  await dbWith(env, 'backup');
  expect(readdirSync(folder.path).filter((name) => name.startsWith('todo-'))).toEqual([expect.stringMatching(/\.age$/)]);
  await expect(dbWith(env, 'drill')).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('--identity-file') });
  await expect(dbWith(env, 'backup', '--to', 'nobody')).rejects.toMatchObject({ code: 1 });
});

it('an unknown command is refused with a list of those there are', async () => {
  await expect(db('rebuild')).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('pnpm db <command>') });
});
