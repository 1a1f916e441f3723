import { join } from 'node:path';
import { readSecrets, runningServer, urlOf } from './cluster.ts';

type Environment = Record<string, string | undefined>;

export interface DatabaseSettings {
  /** Login of the running product on a server of the operator's; undefined means the embedded one. */
  url: string | undefined;
  /** Login of the schema's owner there; one login may be both. */
  migrationUrl: string | undefined;
  /** Data folder of the embedded server. */
  dataDir: string;
  /** Folder of the PostgreSQL programs the embedded server runs; undefined means those npm has installed. */
  binDir: string | undefined;
  /** What signs people's sessions; undefined means the one made for the data folder. */
  authSecret: string | undefined;
  /** Where backups are kept. */
  backupDir: string;
  /** Public key of age that backups are encrypted to; undefined means not at all. */
  backupTo: string | undefined;
}

/** `root` is the project's folder. */
export function databaseSettings(env: Environment, root: string): DatabaseSettings {
  for (const name of ['DATABASE_URL', 'DATABASE_MIGRATION_URL']) {
    const value = env[name];
    if (value && !/^postgres(ql)?:\/\//.test(value)) throw new Error(`${name} must look like postgres://user:password@host:5432/database.`);
  }
  if (env.DATABASE_MIGRATION_URL && !env.DATABASE_URL) throw new Error('DATABASE_MIGRATION_URL needs DATABASE_URL beside it.');
  const dataDir = env.TODO_DATA_DIR || join(root, '.data');
  return {
    url: env.DATABASE_URL || undefined,
    migrationUrl: env.DATABASE_MIGRATION_URL || env.DATABASE_URL || undefined,
    dataDir,
    binDir: env.TODO_POSTGRES_BIN || undefined,
    authSecret: env.BETTER_AUTH_SECRET || undefined,
    backupDir: env.BACKUP_DIR || join(dataDir, 'backups'),
    backupTo: env.BACKUP_TO || undefined,
  };
}

/** The owner's login on the configured server, or on the embedded one if it runs just now. */
export function migrationUrl(env: Environment, root: string): string {
  const settings = databaseSettings(env, root);
  if (settings.migrationUrl) return settings.migrationUrl;
  const server = runningServer(settings.dataDir);
  if (!server) throw new Error('Set DATABASE_URL, or start the embedded server first (npm start).');
  return urlOf('todo_owner', readSecrets(settings.dataDir).owner, server.port, 'todo');
}
