import type { Connection } from '../connection/connection.ts';
import { texts } from '../log/owners.ts';

/**
 * Sets the rights on the database itself; all names are quoted. They are not part of a schema or a dump, so every migration and restore sets them again.
 * Roles are shared by the whole server: without this, the login of another installation could connect and use our roles.
 */
export const restrictDatabase = (database: string, login: string, owner: string) =>
  `grant connect on database ${database} to ${login}; grant connect, temporary on database ${database} to ${owner}; revoke connect, temporary on database ${database} from public`;

/**
 * Lets a login connect and set our roles in a transaction, and lets the schema's owner set todo_backup. Since PostgreSQL 16 they do not inherit the rights.
 * The login needs USAGE on the schema even if PUBLIC does not have it: otherwise PostgreSQL describes the tables under qualified names.
 */
export async function prepareLogin(connection: Connection, login: string): Promise<void> {
  const [[name = '', database = '', owns = '', set = ''] = []] = await texts(
    connection,
    `select quote_ident($1), quote_ident(datname), pg_has_role(datdba, 'usage'),
       case when current_setting('server_version_num')::int >= 160000 then ' with inherit false, set true' end
     from pg_catalog.pg_database where datname = current_database()`,
    [login],
  );
  await connection.send([
    { text: `grant usage on schema public to ${name}` },
    { text: `grant todo_user, todo_identity, todo_watcher to ${name}${set}` },
    { text: `grant todo_backup to current_user${set}` },
    ...(owns === 'true' ? [{ text: restrictDatabase(database, name, 'current_user') }] : []),
  ]);
}

const readPublicAccess = `
  select quote_ident(datname), quote_ident(current_user), quote_ident(owner.rolname), pg_has_role(owner.oid, datdba, 'usage')
  from pg_catalog.pg_database cross join lateral pg_catalog.aclexplode(coalesce(datacl, acldefault('d', datdba))) right_
  join pg_catalog.pg_class on pg_class.oid = to_regclass('public.tasks') join pg_catalog.pg_roles owner on owner.oid = relowner
  where datname = current_database() and right_.grantee = 0 and right_.privilege_type in ('CONNECT', 'TEMPORARY')`;

/** Whether PUBLIC may connect to the database or create temporary objects in it. `ends` says whether migrating revokes that, `advice` what to do otherwise. */
export async function publicAccess(connection: Connection) {
  const [found] = await texts(connection, readPublicAccess);
  if (!found) return undefined;
  const [database = '', login = '', owner = '', ends] = found;
  const advice = `Every login of this server may connect to the database ${database}. The owner of its tables does not own it and cannot change that. Have the database's owner run: ${restrictDatabase(database, login, owner)};`;
  return { ends: ends === 'true', advice };
}
