import { join } from 'node:path';
import { LOG_KEEP_DAYS, LOG_MAX_MB } from '@todo/contract';
import { databaseSettings, readSecretFiles } from '@todo/db';
import { z } from 'zod';

function whole(max: number, min = 0) {
  const error = `must be a whole number from ${min} to ${max}`;
  return z.coerce.number(error).int(error).min(min, error).max(max, error);
}
const count = (fallback: number, max: number, min = 0) => whole(max, min).default(fallback);
const origin = z.url({ protocol: /^https?$/, error: 'must be an address such as https://todo.example.com' }).transform((url) => new URL(url).origin);
const isPublicUrl = (url: string) => /^https?:\/\/[^/?#@]+(\/[\w.~-]+)*\/?$/.test(url) && URL.canParse(url);
/** Without a slash at its end. */
const publicUrl = z
  .string()
  .refine(isPublicUrl, 'must be an address such as https://todo.example.com or https://example.com/todo')
  .transform((url) => new URL(url).href.replace(/\/$/, ''));

const variables = z.object({
  NODE_ENV: z.string().optional(),
  HOST: z.string().default('127.0.0.1'),
  PORT: count(3000, 65_535, 1),
  PUBLIC_URL: publicUrl.optional(),
  TRUSTED_ORIGINS: z
    .string()
    .default('')
    .transform((list) => list.split(/[\s,]+/).filter(Boolean))
    .pipe(z.array(origin)),
  CLIENT_ADDRESS_FROM: z.string().toLowerCase().optional(),
  BETTER_AUTH_SECRET: z.string().min(32, 'must have at least 32 characters').optional(),
  STOP_DELAY_SECONDS: whole(600).optional(),
  DATABASE_POOL_SIZE: count(10, 1000, 1),
  METRICS_PORT: whole(65_535, 1).optional(),
  METRICS_HOST: z.string().default('127.0.0.1'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/, error: 'must be an address such as http://localhost:4318' }).optional(),
  CALLS_PER_MINUTE: count(6000, 1_000_000),
  SIGN_INS_PER_MINUTE: count(20, 1_000_000),
  ACCESS_LOG: z
    .enum(['on', 'off'], 'must be on or off')
    .default('on')
    .transform((value) => value === 'on'),
  LOG_KEEP_DAYS: count(LOG_KEEP_DAYS, 36_500, 1),
  LOG_MAX_MB: count(LOG_MAX_MB, 1_000_000, 1),
  BACKUP_EVERY_HOURS: count(24, 8760),
  BACKUP_KEEP: z
    .string()
    .regex(/^[1-9]\d{0,3}[dwm](,[1-9]\d{0,3}[dwm])*$/, 'must look like 7d,4w,12m')
    .default('7d,4w,12m'),
  BACKUP_TO: z
    .string()
    .regex(/^age1[a-z0-9]+$/, 'must be an age public key: age1…')
    .optional(),
});

/** Reads and checks the environment. Throws with one line for each invalid variable. */
export function readEnv(env: Record<string, string | undefined>) {
  const filled = readSecretFiles(Object.fromEntries(Object.entries(env).filter(([, value]) => value !== '')));
  const parsed = variables.safeParse(filled);
  if (!parsed.success) throw new Error(parsed.error.issues.map(({ path, message }) => `${path[0]?.toString()}: ${message}`).join('\n'));
  const { data } = parsed;
  const database = databaseSettings(filled, join(import.meta.dirname, '..', '..', '..'));
  if (data.NODE_ENV === 'production' && database.url && !data.BETTER_AUTH_SECRET) {
    throw new Error('BETTER_AUTH_SECRET: must be set in production with DATABASE_URL. Make one with: openssl rand -hex 32');
  }
  // With DATABASE_URL backups are opt-in: the operator may have other backups, and the login may lack the rights.
  const backsUp = data.BACKUP_EVERY_HOURS > 0 && (!database.url || Boolean(filled.BACKUP_DIR && filled.DATABASE_MIGRATION_URL));
  // Nothing else serves what the embedded PostgreSQL holds, so nobody can take over meanwhile.
  const stopDelayMs = 1000 * (data.STOP_DELAY_SECONDS ?? (database.url ? 5 : 0));
  const publicUrl = data.PUBLIC_URL ?? `http://localhost:${data.PORT}`;
  // Somebody who tries the server out may use either name of the machine.
  const ownOrigins = data.PUBLIC_URL ? [] : [`http://127.0.0.1:${data.PORT}`];
  const basePath = new URL(publicUrl).pathname.replace(/\/$/, '');
  return { ...data, stopDelayMs, backsUp, PUBLIC_URL: publicUrl, basePath, TRUSTED_ORIGINS: [...data.TRUSTED_ORIGINS, ...ownOrigins], database };
}

export type Env = ReturnType<typeof readEnv>;
