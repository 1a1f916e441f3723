import type { Connection } from '../connection/connection.ts';
import { texts } from '../log/owners.ts';

/**
 * The rights on the database itself, all names quoted. No schema and no copy of a database brings them along, so each migrate and restore gives them anew.
 * Roles belong to the whole server: without this, the login of another installation there could connect and become ours.
 */
export const restrictDatabase = (database: string, login: string, owner: string) =>
  `grant connect on database ${database} to ${login}; grant connect, temporary on database ${database} to ${owner}; revoke connect, temporary on database ${database} from public`;

/**
 * Lets a login connect and become our roles inside a transaction, and the schema's owner become todo_backup, without having their rights otherwise (PostgreSQL 16
 * on). The login must see the schema by itself, also where everybody's right to that was taken away: what it cannot see is described under longer names.
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

export interface PublicAccess {
  /** Whether the owner of the tables may end it, so that migrating does. */
  ends: boolean;
  /** What an operator must know and do otherwise. */
  advice: string;
}

const readPublicAccess = `
  select quote_ident(datname), quote_ident(current_user), quote_ident(owner.rolname), pg_has_role(owner.oid, datdba, 'usage')
  from pg_catalog.pg_database cross join lateral pg_catalog.aclexplode(coalesce(datacl, acldefault('d', datdba))) right_
  join pg_catalog.pg_class on pg_class.oid = to_regclass('public.tasks') join pg_catalog.pg_roles owner on owner.oid = relowner
  where datname = current_database() and right_.grantee = 0 and right_.privilege_type in ('CONNECT', 'TEMPORARY')`;

/** Whether PUBLIC may connect to the database or make temporary objects in it, seen by the runtime login. */
export async function publicAccess(connection: Connection): Promise<PublicAccess | undefined> {
  const [found] = await texts(connection, readPublicAccess);
  if (!found) return undefined;
  const [database = '', login = '', owner = '', ends] = found;
  const advice = `Every login of this server may connect to the database ${database}, which the owner of its tables does not own. Have its owner run: ${restrictDatabase(database, login, owner)};`;
  return { ends: ends === 'true', advice };
}
