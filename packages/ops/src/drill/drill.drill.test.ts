import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { listBackups } from '@todo/db/backup/folder';
import { createTestDatabase, inspect, script, type TestDatabase, testBinDir } from '@todo/db/testing';
import { createFolder, populate } from '@todo/db/testing/backups';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, expect, it } from 'vitest';

let own: TestDatabase;
let folder: ReturnType<typeof createFolder>;
beforeAll(async () => {
  own = await createTestDatabase();
  folder = createFolder();
  await populate(own);
  await script(own.superuserUrl, 'delete from jwks');
});
afterAll(async () => {
  folder[Symbol.dispose]();
  await own[Symbol.asyncDispose]();
});

/** Runs `pnpm db drill` as an operator does. */
async function drill(...args: string[]) {
  const binDir = testBinDir();
  const env = {
    PATH: process.env.PATH,
    TODO_DATA_DIR: folder.path,
    DATABASE_URL: own.appUrl,
    DATABASE_MIGRATION_URL: own.ownerUrl,
    ...(binDir && { TODO_POSTGRES_BIN: binDir }),
  };
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', 'cli.ts'), 'drill', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code, output, errors };
}

const note = () => JSON.parse(readFileSync(join(folder.path, 'backups', 'last-drill.json'), 'utf8'));
const canaries = async () => (await inspect(own.superuserUrl, `select from "user" where email like 'canary-%'`)).length;

it('passes on a sound database, says what would be lost and how long a restore takes, with a backup that only the holder of a key can read', async () => {
  const identity = await generateIdentity();
  writeFileSync(folder.file('key'), `# created today\n${identity}\n`);
  const { code, output, errors } = await drill('--to', await identityToRecipient(identity), '--identity-file', folder.file('key'));
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
  expect(output).toMatch(/RPO \d+(\.\d+)? s.*\nRTO \d+(\.\d+)? s/);
  expect(note()).toMatchObject({ outcome: 'ok', rows: expect.any(Number), rpoSeconds: expect.any(Number), rtoSeconds: expect.any(Number) });
  const names = listBackups(join(folder.path, 'backups')).map(({ name }) => name);
  expect(names).toEqual([expect.stringMatching(/\.backup\.age$/)]);
});

it.each([
  [
    'the secret is not the one that the keys were encrypted with',
    `insert into jwks values ('00000000-0000-4000-8000-000000000000', '{}', 'of another', 'EdDSA', 'Ed25519', now())`,
    `delete from jwks where private_key = 'of another'`,
    '/api/auth/token answered 500',
  ],
  [
    'a rule is missing',
    'alter table tasks rename constraint tasks_title_length to other',
    'alter table tasks rename constraint other to tasks_title_length',
    'tables, rules or rights of the restored database differ',
  ],
  ['the canary does not find the tasks it had', `update tasks set title = 'Other' where title like 'Canary 2%'`, '', "The canary's tasks have changed"],
])('fails, and leaves a note, when %s', async (_, change, undo, message) => {
  await script(own.superuserUrl, change);
  expect(await drill()).toMatchObject({ code: 1, errors: expect.stringContaining(message) });
  await script(own.superuserUrl, `set session_replication_role = replica; ${undo}`);
  expect(await canaries(), 'one for all drills').toBe(1);
  expect(note()).toMatchObject({ outcome: 'failed', error: expect.stringContaining(message) });
});
