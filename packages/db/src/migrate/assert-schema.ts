import type { Connection } from '../connection/connection.ts';
import { texts } from '../log/owners.ts';
import { describeCatalog, differences, objectsIn } from './catalog.ts';
import { STATEMENT_TIMEOUT_MS, type Waiting } from './lock.ts';
import { publicAccess } from './login.ts';
import { applyAccess, applyMigrations, withConnection } from './migrate.ts';
import { committedCatalog, isNewer, recordedVersion, versionOf } from './version.ts';

/** Describes the same objects as `expected`. PostgreSQL omits the names of schemas in the search path, so the path must be the usual one. */
async function readCatalog(connection: Connection, expected: string): Promise<string> {
  await connection.send([{ text: `begin read only${connection.transactionSettings(STATEMENT_TIMEOUT_MS)}` }]);
  const catalog = await describeCatalog(connection, objectsIn(expected));
  await connection.send([{ text: 'commit' }]);
  return catalog;
}

/** Whether the login can set the roles of the product, and row-level security applies to it there. */
async function assertLogin(connection: Connection): Promise<void> {
  for (const role of ['todo_user', 'todo_identity', 'todo_watcher']) {
    await connection.send([{ text: `begin; set local role ${role}` }]);
    const [bound] = await texts(connection, `select where current_user = '${role}' and row_security_active('public.tasks')`);
    await connection.send([{ text: 'rollback' }]);
    if (!bound)
      throw new Error(
        `This login cannot set the role ${role}, or row security does not apply to it there. Run "pnpm db migrate" with this login in DATABASE_URL.`,
      );
  }
}

/**
 * Throws unless this version can serve the database safely: it has the tables, rules and rights of this version, or of a newer one that allows this one, and they
 * apply to the login. Returns advice for the operator.
 */
export const assertSchema = (appUrl: string): Promise<string[]> =>
  withConnection(appUrl, async (connection) => {
    const [own, recorded] = [versionOf(), await recordedVersion(connection)];
    const newer = isNewer(recorded, own) ? recorded : undefined;
    if (!recorded || recorded.number < own.number)
      throw new Error('The database is not migrated to this version. Run "pnpm db migrate" with the login that owns the tables: DATABASE_MIGRATION_URL.');
    const expected = newer?.catalog ?? committedCatalog();
    const { indexes, others } = differences(expected, await readCatalog(connection, expected));
    if (others && newer)
      throw new Error(`The database does not match the newer version that has migrated it. Run "pnpm db migrate" of that version.\n${others}`);
    if (others) throw new Error(`The database does not match this version. Run "pnpm db migrate".\n${others}`);
    await assertLogin(connection);
    const access = await publicAccess(connection);
    if (access?.ends) throw new Error('Every login of this server may connect to the database. Run "pnpm db migrate".');
    const advice: string[] = [];
    if (newer)
      advice.push(
        `A newer version has migrated the database to schema ${newer.number}. This version, with schema ${own.number}, can serve it and changes nothing in it.`,
      );
    if (indexes) advice.push(`The indexes are not those of this version, so calls may be slower. Missing (-) or additional (+):\n${indexes}`);
    return advice;
  });

/** Advice for the operator when every login of the server may connect and migrating cannot revoke that. */
export const adviceOnAccess = (appUrl: string): Promise<string | undefined> =>
  withConnection(appUrl, async (connection) => (await publicAccess(connection))?.advice);

/** Migrates, and restores missing access rules: a bare `drizzle-kit push` drops every policy. Throws unless the schema matches this version then. Returns advice. */
export async function migrate(ownerUrl: string, appUrl: string, waiting?: Waiting): Promise<string[]> {
  await applyMigrations(ownerUrl, appUrl, undefined, waiting);
  await assertSchema(appUrl).catch(() => applyAccess(ownerUrl, appUrl, waiting));
  return assertSchema(appUrl);
}
