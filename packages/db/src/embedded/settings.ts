import { join } from 'node:path';
import { runningUrls } from './cluster.ts';

type Environment = Record<string, string | undefined>;

export interface DatabaseSettings {
  /** URL of the runtime login on an external server; undefined means the embedded server. */
  url: string | undefined;
  migrationUrl: string | undefined;
  dataDir: string;
  /** Folder of the PostgreSQL programs for the embedded server; undefined means those that npm installed. */
  binDir: string | undefined;
  /** The secret that signs sessions; undefined means the one created in the data folder. */
  authSecret: string | undefined;
  backupDir: string;
  /** The age public key that backups are encrypted to; undefined means no encryption. */
  backupTo: string | undefined;
}

/** `root` is the project's folder. */
export function databaseSettings(env: Environment, root: string): DatabaseSettings {
  for (const name of ['DATABASE_URL', 'DATABASE_MIGRATION_URL']) {
    const value = env[name];
    if (value && !/^postgres(ql)?:\/\//.test(value)) throw new Error(`${name} must look like postgres://user:password@host:5432/database.`);
  }
  if (env.DATABASE_MIGRATION_URL && !env.DATABASE_URL) throw new Error('DATABASE_MIGRATION_URL is set without DATABASE_URL. Set both.');
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

/** The owner's login on the configured server, or on the embedded one if it is running. */
export function migrationUrl(env: Environment, root: string): string {
  const settings = databaseSettings(env, root);
  const url = settings.migrationUrl ?? runningUrls(settings.dataDir)?.ownerUrl;
  if (!url) throw new Error('Set DATABASE_URL, or start the embedded server first (npm start).');
  return url;
}
