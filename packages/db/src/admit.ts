import type { Connection } from './connection.ts';
import { texts } from './owners.ts';

/**
 * The rights on the database itself. They belong to no schema and are not copied with one, so they are given anew by each migrate and restore.
 * Without temporary objects nobody can leave one for a function of ours to find.
 */
export const restrictDatabase = (database: string) => `revoke temporary on database ${database} from public`;

/**
 * Lets a login become our roles inside a flight, and the schema's owner become todo_backup, without having their rights otherwise (PostgreSQL 16 on).
 * The login must see the schema by itself, also where everybody's right to that was taken away: what it cannot see is described under longer names.
 */
export async function admit(connection: Connection, login: string): Promise<void> {
  const [[name = '', database = '', set = ''] = []] = await texts(
    connection,
    `select quote_ident($1), quote_ident(current_database()),
       case when current_setting('server_version_num')::int >= 160000 then ' with inherit false, set true' end`,
    [login],
  );
  await connection.send([
    { text: `grant usage on schema public to ${name}` },
    { text: `grant todo_user, todo_identity, todo_watcher to ${name}${set}` },
    { text: `grant todo_backup to current_user${set}` },
    { text: restrictDatabase(database) },
  ]);
}
