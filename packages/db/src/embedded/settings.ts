import { join } from 'node:path';
import { parseUrl } from '../connection/url.ts';
import { runningUrls } from './cluster.ts';

type Environment = Record<string, string | undefined>;

function assertUrl(name: string, value: string): void {
  try {
    parseUrl(value);
  } catch (error) {
    throw new Error(`${name} ${error instanceof Error ? error.message : error}`);
  }
}

/** `root` is the project's folder. */
export function databaseSettings(env: Environment, root: string) {
  for (const name of ['DATABASE_URL', 'DATABASE_MIGRATION_URL']) {
    const value = env[name];
    if (value) assertUrl(name, value);
  }
  if (env.DATABASE_MIGRATION_URL && !env.DATABASE_URL) throw new Error('DATABASE_MIGRATION_URL is set without DATABASE_URL. Set both.');
  const dataDir = env.TODO_DATA_DIR || join(root, '.data');
  return {
    /** URL of the runtime login on an external server; undefined means the embedded server. */
    url: env.DATABASE_URL || undefined,
    migrationUrl: env.DATABASE_MIGRATION_URL || env.DATABASE_URL || undefined,
    dataDir,
    /** Folder of the PostgreSQL programs for the embedded server; undefined means those that npm installed. */
    binDir: env.TODO_POSTGRES_BIN || undefined,
    /** The secret that signs sessions; undefined means the one created in the data folder. */
    authSecret: env.BETTER_AUTH_SECRET || undefined,
    backupDir: env.BACKUP_DIR || join(dataDir, 'backups'),
    /** The age public key that backups are encrypted to. */
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
