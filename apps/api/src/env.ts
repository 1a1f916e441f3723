import { join } from 'node:path';
import { LOG_KEEP_DAYS, LOG_MAX_MB, signUpRules, verifyEmailRules } from '@todo/contract';
import { databaseSettings, readSecretFiles } from '@todo/db';
import { z } from 'zod';
import { providerVariables, readProviders } from './env-providers.ts';

function whole(max: number, min = 0) {
  const error = `must be a whole number from ${min} to ${max}`;
  return z.coerce.number(error).int(error).min(min, error).max(max, error);
}
const count = (fallback: number, max: number, min = 0) => whole(max, min).default(fallback);
/** Of a site, or of an app whose pages have a scheme of their own. Better Auth would take a pattern, and the procedures would not. */
const origin = z
  .string()
  .refine((url) => !/[*?]/.test(url), { error: 'must name each origin; patterns such as https://*.example.com are not accepted', abort: true })
  .refine(
    (url) => /^[a-z][a-z\d+.-]*:\/\/[^\s/?#@]+(\/\S*)?$/i.test(url) && URL.canParse(url),
    'must hold addresses such as https://app.example.com or capacitor://localhost',
  )
  .transform((url) => new URL(url))
  .transform(({ origin, protocol, host }) => (origin === 'null' ? `${protocol}//${host}` : origin));
const isPublicUrl = (url: string) => /^https?:\/\/[^/?#@]+(\/[\w.~-]+)*\/?$/.test(url) && URL.canParse(url);
/** Without a slash at its end. */
const publicUrl = z
  .string()
  .refine(isPublicUrl, 'must be an address such as https://todo.example.com or https://example.com/todo')
  .transform((url) => new URL(url).href.replace(/\/$/, ''));

const isMailUrl = (url: string) => /^smtps?:\/\/[^/?#]+\/?$/.test(url) && URL.canParse(url);
const wrongSecrets = 'must look like 2:NEW,1:OLD, with different numbers and at least 32 characters in each secret';
/** The current secret first. */
const numberedSecrets = z
  .string()
  .regex(/^\d{1,6}:[^,\s]{32,}(,\d{1,6}:[^,\s]{32,})*$/, wrongSecrets)
  .transform((list) => list.split(',').map((entry) => ({ version: Number.parseInt(entry, 10), value: entry.slice(entry.indexOf(':') + 1) })))
  .refine((all) => new Set(all.map(({ version }) => version)).size === all.length, wrongSecrets);

const variables = z.object({
  ...providerVariables,
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
  MAIL_URL: z.string().refine(isMailUrl, 'must be an address such as smtp://user:password@mail.example.com:587 or smtps://…').optional(),
  MAIL_FROM: z
    .string()
    .regex(/^([^<>\r\n]*<)?[^\s<>@]+@[^\s<>@]+>?$/, 'must be an address such as todo@example.com or Todo <todo@example.com>')
    .optional(),
  BETTER_AUTH_SECRETS: numberedSecrets.optional(),
  STOP_DELAY_SECONDS: whole(600).optional(),
  DATABASE_POOL_SIZE: count(10, 1000, 1),
  METRICS_PORT: whole(65_535, 1).optional(),
  METRICS_HOST: z.string().default('127.0.0.1'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/, error: 'must be an address such as http://localhost:4318' }).optional(),
  CALLS_PER_MINUTE: count(6000, 1_000_000),
  SIGN_INS_PER_MINUTE: count(20, 1_000_000),
  VERIFY_EMAIL: z.enum(verifyEmailRules, `must be ${verifyEmailRules.join(' or ')}`).default('optional'),
  SIGN_IN_BY_MAIL: z
    .enum(['on', 'off'], 'must be on or off')
    .default('off')
    .transform((value) => value === 'on'),
  SIGN_UP: z.enum(signUpRules, `must be ${signUpRules.join(' or ')}`).default('open'),
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
  const isProduction = data.NODE_ENV === 'production';
  if (isProduction && database.url && !data.BETTER_AUTH_SECRET && !data.BETTER_AUTH_SECRETS) {
    throw new Error('BETTER_AUTH_SECRET: must be set in production with DATABASE_URL. Make one with: openssl rand -hex 32');
  }
  if (data.MAIL_URL && !data.MAIL_FROM) throw new Error('MAIL_FROM: must be set with MAIL_URL, such as todo@example.com');
  if (isProduction && data.VERIFY_EMAIL === 'required' && !data.MAIL_URL) {
    throw new Error('VERIFY_EMAIL: with required nobody could sign in for the first time, because no mail is sent. Set MAIL_URL, or VERIFY_EMAIL=optional.');
  }
  if (isProduction && data.SIGN_IN_BY_MAIL && !data.MAIL_URL) {
    throw new Error('SIGN_IN_BY_MAIL: with on the page would offer a link that no mail brings. Set MAIL_URL, or SIGN_IN_BY_MAIL=off.');
  }
  const mail = data.MAIL_URL && data.MAIL_FROM ? { url: data.MAIL_URL, from: data.MAIL_FROM } : undefined;
  const providers = readProviders(data);
  // With DATABASE_URL backups are opt-in: the operator may have other backups, and the login may lack the rights.
  const backsUp = data.BACKUP_EVERY_HOURS > 0 && (!database.url || Boolean(filled.BACKUP_DIR && filled.DATABASE_MIGRATION_URL));
  // Nothing else serves what the embedded PostgreSQL holds, so nobody can take over meanwhile.
  const stopDelayMs = 1000 * (data.STOP_DELAY_SECONDS ?? (database.url ? 5 : 0));
  const publicUrl = data.PUBLIC_URL ?? `http://localhost:${data.PORT}`;
  // Somebody who tries the server out may use either name of the machine.
  const ownOrigins = data.PUBLIC_URL ? [] : [`http://127.0.0.1:${data.PORT}`];
  const basePath = new URL(publicUrl).pathname.replace(/\/$/, '');
  return {
    ...data,
    mail,
    providers,
    isProduction,
    stopDelayMs,
    backsUp,
    PUBLIC_URL: publicUrl,
    basePath,
    TRUSTED_ORIGINS: [...data.TRUSTED_ORIGINS, ...ownOrigins],
    database,
  };
}

export type Env = ReturnType<typeof readEnv>;
