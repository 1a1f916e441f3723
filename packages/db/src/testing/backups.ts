import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checksumTables } from '../backup/backup.ts';
import { backupTables, READER_SETTINGS } from '../backup/contents.ts';
import type { Manifest } from '../backup/format.ts';
import type { Connection } from '../connection/connection.ts';
import { withConnection } from '../migrate/migrate.ts';
import { addOwner, createTestDatabase, script, type TestDatabase } from './database.ts';

/** A temporary folder; dispose removes it. */
export function createFolder(): Disposable & { path: string; file(name: string): string; clear(): void } {
  const path = mkdtempSync(join(tmpdir(), 'todo-backups-'));
  return {
    path,
    file: (name) => join(path, name),
    clear: () => {
      for (const name of readdirSync(path)) rmSync(join(path, name));
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** Text that COPY, JSON and terminals escape. */
const AWKWARD = 'tab\tline\nreturn\rbackslash\\N \\. quote\' "é" 日本 🎉';

/** Users with all kinds of tasks, a trimmed log, applied calls, a password, a key, a session and the receipt of a deleted account. */
export async function populate(database: Parameters<typeof addOwner>[0]): Promise<string[]> {
  const owners = [await addOwner(database, 7), await addOwner(database, 3), await addOwner(database, 0)];
  const gone = await addOwner(database, 2);
  const [ada] = owners;
  await script(
    database.superuserUrl,
    `update tasks set title = $awkward$${AWKWARD}$awkward$, description = E'\\\\.\\n' where user_id = '${ada}' and title = 'Task 1';
     update tasks set completed_at = '1999-12-31T23:59:59.999Z' where title = 'Task 2';
     delete from tasks where title = 'Task 3';
     select trim_log('${ada}', (select last_seq from owners where user_id = '${ada}'));
     update tasks set title = 'After the trim' where user_id = '${ada}' and title = 'Task 4';
     insert into idempotency_keys (user_id, id, group_id, digest, seq, answer, at)
       values ('${ada}', gen_random_uuid(), gen_random_uuid(), '\\x00ff', 1, '{"kept": []}', now());
     insert into account (id, user_id, account_id, provider_id, password, access_token, created_at, updated_at)
       select gen_random_uuid(), id, id, 'credential', 'hash', 'token-of-another', now(), now() from "user";
     insert into jwks (id, public_key, private_key, created_at) values (gen_random_uuid(), 'public', 'encrypted', now());
     insert into session (id, user_id, token, expires_at, created_at, updated_at) values (gen_random_uuid(), '${ada}', 'token', now(), now(), now());
     insert into verification values (gen_random_uuid(), 'x', 'proof', now(), now(), now());
     delete from "user" where id = '${gone}'`,
  );
  return owners;
}

export async function createPopulated(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  await populate(database);
  return database;
}

/** The manifest that a backup would have. */
export const contentsOf = ({ superuserUrl }: { superuserUrl: string }): Promise<Manifest> =>
  withConnection(superuserUrl, async (connection: Connection) => {
    await connection.send([{ text: `begin; ${READER_SETTINGS}` }]);
    return checksumTables(connection, await backupTables(connection));
  });
