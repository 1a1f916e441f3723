import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readEnv } from './env.ts';
import { complaint } from './testing/env.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const DATABASE_URL = 'postgres://todo:hunter2hunter2@db.example:5432/todo';
const secret = 'a'.repeat(32);

it('needs no variable', () => {
  expect(readEnv({})).toEqual({
    HOST: '127.0.0.1',
    PORT: 3000,
    stopDelayMs: 0,
    PUBLIC_URL: 'http://localhost:3000',
    basePath: '',
    TRUSTED_ORIGINS: ['http://127.0.0.1:3000'],
    providers: [],
    DATABASE_POOL_SIZE: 10,
    CALLS_PER_MINUTE: 6000,
    SIGN_INS_PER_MINUTE: 20,
    SIGN_UP: 'open',
    VERIFY_EMAIL: 'optional',
    SIGN_IN_BY_MAIL: false,
    ACCESS_LOG: true,
    METRICS_HOST: '127.0.0.1',
    LOG_KEEP_DAYS: 90,
    LOG_MAX_MB: 100,
    BACKUP_EVERY_HOURS: 24,
    BACKUP_KEEP: '7d,4w,12m',
    backsUp: true,
    isProduction: false,
    database: {
      url: undefined,
      migrationUrl: undefined,
      dataDir: join(root, '.data'),
      binDir: undefined,
      authSecret: undefined,
      backupDir: join(root, '.data', 'backups'),
    },
  });
});

it('backups are taken of the embedded database, and of another when it is said where to and with which login', () => {
  const DATABASE_MIGRATION_URL = 'postgres://owner@db.example/todo';
  const BACKUP_DIR = '/srv/backups';
  expect(readEnv({ BACKUP_DIR }).database.backupDir).toBe(BACKUP_DIR);
  expect(readEnv({ BACKUP_EVERY_HOURS: '0' }).backsUp).toBe(false);
  const others = [{}, { BACKUP_DIR }, { DATABASE_MIGRATION_URL }, { BACKUP_DIR, DATABASE_MIGRATION_URL }];
  expect(others.map((env) => readEnv({ DATABASE_URL, ...env }).backsUp)).toEqual([false, false, false, true]);
});

it('reads secrets from files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'todo-secrets-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const owner = 'postgres://owner@db.example/todo';
  const files = {
    DATABASE_URL_FILE: file('url', `${DATABASE_URL}\n`),
    DATABASE_MIGRATION_URL_FILE: file('migration-url', owner),
    BETTER_AUTH_SECRET_FILE: file('secret', `${secret}\n`),
  };
  const settings = readEnv({ NODE_ENV: 'production', ...files });
  expect(settings).toMatchObject({ BETTER_AUTH_SECRET: secret, database: { url: DATABASE_URL, migrationUrl: owner, authSecret: secret } });
  expect(complaint({ DATABASE_URL, DATABASE_URL_FILE: files.DATABASE_URL_FILE })).toBe('DATABASE_URL_FILE: DATABASE_URL is set too. Set one of them.');
  expect(complaint({ BETTER_AUTH_SECRET_FILE: join(folder, 'none') })).toBe('BETTER_AUTH_SECRET_FILE: the file cannot be read.');
  expect(complaint({ BETTER_AUTH_SECRET_FILE: file('empty', '\n') })).toBe('BETTER_AUTH_SECRET_FILE: the file is empty.');
});

it('treats an empty value as unset', () => {
  const names = ['HOST', 'PORT', 'PUBLIC_URL', 'TRUSTED_ORIGINS', 'DATABASE_URL', 'DATABASE_MIGRATION_URL', 'TODO_DATA_DIR', 'BETTER_AUTH_SECRET', 'NODE_ENV'];
  expect(readEnv(Object.fromEntries(names.map((name) => [name, ''])))).toEqual(readEnv({}));
});

it('reads every variable', () => {
  const env = {
    HOST: '0.0.0.0',
    PORT: '8080',
    TRUSTED_ORIGINS: 'https://app.example/start, http://localhost:5173 capacitor://localhost,tauri://localhost/, chrome-extension://abcdefghijklmnop',
    CLIENT_ADDRESS_FROM: 'X-Forwarded-For',
    DATABASE_URL,
    TODO_DATA_DIR: '/var/lib/todo',
    CALLS_PER_MINUTE: '0',
    SIGN_INS_PER_MINUTE: '0',
    SIGN_UP: 'closed',
    METRICS_PORT: '9464',
    METRICS_HOST: '0.0.0.0',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
  };
  expect(readEnv(env)).toMatchObject({
    HOST: '0.0.0.0',
    PORT: 8080,
    PUBLIC_URL: 'http://localhost:8080',
    TRUSTED_ORIGINS: [
      'https://app.example',
      'http://localhost:5173',
      'capacitor://localhost',
      'tauri://localhost',
      'chrome-extension://abcdefghijklmnop',
      'http://127.0.0.1:8080',
    ],
    CLIENT_ADDRESS_FROM: 'x-forwarded-for',
    CALLS_PER_MINUTE: 0,
    SIGN_INS_PER_MINUTE: 0,
    SIGN_UP: 'closed',
    METRICS_PORT: 9464,
    METRICS_HOST: '0.0.0.0',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
    database: { url: DATABASE_URL, migrationUrl: DATABASE_URL, dataDir: '/var/lib/todo' },
  });
  expect(readEnv({ PUBLIC_URL: 'https://todo.example/' })).toMatchObject({ PUBLIC_URL: 'https://todo.example', basePath: '', TRUSTED_ORIGINS: [] });
  expect(readEnv({ PUBLIC_URL: 'https://Example.com:443/apps/todo/' })).toMatchObject({ PUBLIC_URL: 'https://example.com/apps/todo', basePath: '/apps/todo' });
  const owner = 'postgresql://owner@db.example/todo';
  expect(readEnv({ DATABASE_URL, DATABASE_MIGRATION_URL: owner }).database).toMatchObject({ url: DATABASE_URL, migrationUrl: owner });
});

describe('an invalid environment', () => {
  it.each([
    ['PORT', 'http'],
    ['PORT', '0'],
    ['PORT', '65536'],
    ['PORT', '80.5'],
    ['METRICS_PORT', '0'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
    ['PUBLIC_URL', 'todo.example'],
    ['PUBLIC_URL', 'ftp://todo.example'],
    ['PUBLIC_URL', 'https://todo.example/?a=b'],
    ['PUBLIC_URL', 'https://todo.example/a b'],
    ['PUBLIC_URL', 'https://hunter2@todo.example'],
    ['PUBLIC_URL', 'https://todo.example:port'],
    ['TRUSTED_ORIGINS', '*'],
    ['TRUSTED_ORIGINS', 'https://app.example,evil'],
    ['TRUSTED_ORIGINS', 'https://*.example.com'],
    ['TRUSTED_ORIGINS', 'capacitor:localhost'],
    ['TRUSTED_ORIGINS', 'file:///index.html'],
    ['TRUSTED_ORIGINS', 'null'],
    ['MAIL_URL', 'https://hunter2@mail.example'],
    ['MAIL_URL', 'smtp://mail.example:25/?tls.rejectUnauthorized=hunter2'],
    ['MAIL_FROM', 'todo'],
    ['MAIL_FROM', 'Todo <todo@example.com>\nBcc: hunter2@example.com'],
    ['BETTER_AUTH_SECRET', 'hunter2'],
    ['DATABASE_POOL_SIZE', '0'],
    ['DATABASE_POOL_SIZE', 'many'],
    ['CALLS_PER_MINUTE', '-1'],
    ['SIGN_INS_PER_MINUTE', 'none'],
    ['SIGN_UP', 'hunter2'],
    ['VERIFY_EMAIL', 'hunter2'],
    ['DATABASE_URL', 'mysql://todo:hunter2@db.example/todo'],
    ['DATABASE_URL', 'db.example'],
    ['DATABASE_MIGRATION_URL', DATABASE_URL],
  ])('in %s (%j) is reported in one line that names it and shows no secret', (name, value) => {
    const line = complaint({ [name]: value });
    expect(line).toMatch(new RegExp(`^${name}[: ].{5,}$`));
    expect(line).not.toContain('hunter2');
  });

  it('is reported with all its errors at once', () => {
    const lines = complaint({ PORT: 'x', PUBLIC_URL: 'x', CALLS_PER_MINUTE: 'x' }).split('\n');
    expect(lines.map((line) => line.split(':')[0])).toEqual(['PORT', 'PUBLIC_URL', 'CALLS_PER_MINUTE']);
  });
});
