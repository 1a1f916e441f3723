import { readFileSync } from 'node:fs';
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

/** Replaces each setting that names the file of a secret, as container engines and systemd pass secrets, by the content of the file. */
export function readSecretFiles(env: Environment): Environment {
  const files = {
    DATABASE_URL: env.DATABASE_URL_FILE,
    DATABASE_MIGRATION_URL: env.DATABASE_MIGRATION_URL_FILE,
    BETTER_AUTH_SECRET: env.BETTER_AUTH_SECRET_FILE,
    MAIL_URL: env.MAIL_URL_FILE,
    OIDC_CLIENT_SECRET: env.OIDC_CLIENT_SECRET_FILE,
    OIDC_PROVIDERS: env.OIDC_PROVIDERS_FILE,
    BETTER_AUTH_SECRETS: env.BETTER_AUTH_SECRETS_FILE,
  };
  const read = { ...env };
  for (const [name, path] of Object.entries(files)) {
    if (!path) continue;
    if (env[name]) throw new Error(`${name}_FILE: ${name} is set too. Set one of them.`);
    read[name] = contentOf(`${name}_FILE`, path);
    read[`${name}_FILE`] = undefined;
  }
  return read;
}

function contentOf(name: string, path: string): string {
  try {
    const content = readFileSync(path, 'utf8').trim();
    if (content) return content;
  } catch (cause) {
    throw new Error(`${name}: the file cannot be read.`, { cause });
  }
  throw new Error(`${name}: the file is empty.`);
}

/** `root` is the project's folder. */
export function databaseSettings(environment: Environment, root: string) {
  const env = readSecretFiles(environment);
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
    authSecret: env.BETTER_AUTH_SECRET || env.BETTER_AUTH_SECRETS?.replace(/^\d+:|,.*$/g, '') || undefined,
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
