import { describe, expect, it } from 'vitest';
import { readEnv } from './env.ts';
import { complaint } from './testing/env.ts';

const DATABASE_URL = 'postgres://todo:hunter2hunter2@db.example:5432/todo';
const secret = 'a'.repeat(32);

it('reads several secrets with numbers, the current one first', () => {
  const [fresh, old] = ['n'.repeat(32), `${'o'.repeat(32)}:1`];
  const settings = readEnv({ NODE_ENV: 'production', DATABASE_URL, BETTER_AUTH_SECRETS: `2:${fresh},1:${old}` });
  expect(settings.BETTER_AUTH_SECRETS).toEqual([
    { version: 2, value: fresh },
    { version: 1, value: old },
  ]);
  expect(settings.database.authSecret).toBe(fresh);
  const message = 'BETTER_AUTH_SECRETS: must look like 2:NEW,1:OLD, with different numbers and at least 32 characters in each secret';
  for (const wrong of [fresh, `2:${fresh},${old}`, `2:${fresh},1:short`, `1:${fresh},1:${old}`, `2:${fresh},`, `a:${fresh}`]) {
    expect(complaint({ BETTER_AUTH_SECRETS: wrong })).toBe(message);
  }
});

it('a mail server needs a sender', () => {
  expect(complaint({ MAIL_URL: 'smtp://todo:hunter2@mail.example' })).toBe('MAIL_FROM: must be set with MAIL_URL, such as todo@example.com');
  const mail = { url: 'smtps://todo:a%40b@mail.example:465', from: 'Todo <todo@example.com>' };
  expect(readEnv({ MAIL_URL: mail.url, MAIL_FROM: mail.from })).toMatchObject({ mail });
});

describe('in production', () => {
  it('an external database needs BETTER_AUTH_SECRET', () => {
    expect(complaint({ NODE_ENV: 'production', DATABASE_URL })).toMatch(/^BETTER_AUTH_SECRET: must be set .*openssl rand -hex 32$/);
    expect(readEnv({ NODE_ENV: 'production', DATABASE_URL, BETTER_AUTH_SECRET: secret })).toMatchObject({ BETTER_AUTH_SECRET: secret });
  });

  it('the embedded database generates one', () => {
    expect(readEnv({ NODE_ENV: 'production' }).database.url).toBeUndefined();
  });
});

it('in production nobody starts a server that needs verified addresses and sends no mail', () => {
  expect(complaint({ NODE_ENV: 'production', VERIFY_EMAIL: 'required' })).toMatch(/^VERIFY_EMAIL: .* Set MAIL_URL/);
  const mail = { MAIL_URL: 'smtp://mail.example', MAIL_FROM: 'todo@example.com' };
  expect(readEnv({ NODE_ENV: 'production', VERIFY_EMAIL: 'required', ...mail })).toMatchObject({ VERIFY_EMAIL: 'required' });
  expect(readEnv({ VERIFY_EMAIL: 'required' })).toMatchObject({ VERIFY_EMAIL: 'required' });
});

it('in production nobody starts a server that signs in by mail and sends none', () => {
  expect(complaint({ NODE_ENV: 'production', SIGN_IN_BY_MAIL: 'on' })).toMatch(/^SIGN_IN_BY_MAIL: .* Set MAIL_URL/);
  expect(complaint({ SIGN_IN_BY_MAIL: 'yes' })).toBe('SIGN_IN_BY_MAIL: must be on or off');
  const mail = { MAIL_URL: 'smtp://mail.example', MAIL_FROM: 'todo@example.com' };
  expect(readEnv({ NODE_ENV: 'production', SIGN_IN_BY_MAIL: 'on', ...mail })).toMatchObject({ SIGN_IN_BY_MAIL: true });
  expect(readEnv({ SIGN_IN_BY_MAIL: 'on' })).toMatchObject({ SIGN_IN_BY_MAIL: true });
  expect(readEnv({})).toMatchObject({ SIGN_IN_BY_MAIL: false });
});
