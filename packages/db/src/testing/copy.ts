import { restrictDatabase } from '../migrate/login.ts';
import { withConnection } from '../migrate/migrate.ts';

export interface Copy {
  /** Runs a statement in the copy. */
  run(text: string): Promise<unknown>;
  /** Replaces the database with the copy, while clients are connected: later changes are lost. Can be called once. */
  restore(): Promise<void>;
}

/** Copies a database; `url` must be of another database on the same server. */
export async function copyDatabase(url: string, name: string): Promise<Copy> {
  const copy = `${name}_copy`;
  const send = (to: string, ...texts: string[]) =>
    withConnection(to, async (connection) => {
      for (const text of texts) await connection.send([{ text }]);
    });
  await send(
    url,
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`,
    `create database ${copy} template ${name} owner todo_owner`,
    restrictDatabase(copy, 'todo_app', 'todo_owner'),
  );
  return {
    run: (text) => send(url.replace(/[^/]+$/, copy), text),
    restore: () => send(url, `drop database ${name} with (force)`, `alter database ${copy} rename to ${name}`),
  };
}
