import { describe, expect, it } from 'vitest';
import { parseUrl } from './url.ts';

const hosts = (url: string) => parseUrl(url).hosts.map(({ name, port }) => `${name} ${port}`);
const message = (url: string) => {
  try {
    parseUrl(url);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : error;
  }
};

it('a URL names login, hosts and database as in libpq', () => {
  expect(parseUrl('postgresql://ada:s%40cret@db:5433/todo?sslmode=require')).toMatchObject({
    user: 'ada',
    password: 's@cret',
    database: 'todo',
    hosts: [{ name: 'db', port: 5433 }],
    tls: { mode: 'require' },
    applicationName: 'todo',
  });
  expect(parseUrl('postgres://ada@db')).toMatchObject({ user: 'ada', password: '', database: 'ada', hosts: [{ name: 'db', port: 5432 }] });
});

it.each([
  ['postgres://ada@db1:1,db2,[::1]:3/todo', ['db1 1', 'db2 5432', '::1 3']],
  ['postgres://ada@%2Fvar%2Frun%2Fpostgresql/todo', ['/var/run/postgresql 5432']],
  ['postgres://ada@/todo?host=/var/run/postgresql&port=5433', ['/var/run/postgresql 5433']],
  ['postgres:///todo', ['localhost 5432']],
])('%s leads to %j', (url, expected) => {
  expect(hosts(url)).toEqual(expected);
});

describe('a password', () => {
  it.each(['p@ss', 'a:b', 'a,b', 'a&b=c', 'a[b]', 'ümlaut', 'a b'])('%s may stand as it is', (password) => {
    expect(parseUrl(`postgres://ada:${password}@db/todo`)).toMatchObject({ password, hosts: [{ name: 'db', port: 5432 }], database: 'todo' });
  });

  it.each(['a/b', 'a?b', 'a#b', '100%', 'a%zz'])('%s must be encoded, which the message says without the password', (password) => {
    const text = message(`postgres://ada:${password}@db/todo`);
    expect(text).toMatch(/\/ as %2F, \? as %3F/);
    expect(text).not.toContain(password);
    expect(parseUrl(`postgres://ada:${encodeURIComponent(password)}@db/todo`).password).toBe(password);
  });
});

describe('a parameter', () => {
  it.each([
    ['pgbouncer=true', 'has the parameter pgbouncer, which Todo does not know. Remove it.'],
    ['sslmode=on', 'has sslmode=on. It must be one of: disable, allow, prefer, require, verify-ca, verify-full.'],
    ['channel_binding=require', 'has channel_binding=require. It must be one of: disable, prefer.'],
    ['target_session_attrs=rw', 'has target_session_attrs=rw. It must be one of: any, read-write, read-only, primary, standby, prefer-standby.'],
    ['connect_timeout=soon', 'has the connect_timeout soon. It must be a number from 1 to 600.'],
    ['search_path=public', 'has the parameter search_path, which Todo does not know. Remove it.'],
  ])('%s is refused by name', (parameter, expected) => {
    expect(message(`postgres://ada:secret@db/todo?${parameter}`)).toBe(expected);
  });

  it.each([
    ['sslrootcert=/ca.pem', { mode: 'disable', rootCert: '/ca.pem' }],
    ['sslmode=require&sslrootcert=/ca.pem', { mode: 'verify-ca', rootCert: '/ca.pem' }],
    ['sslmode=require&sslrootcert=system', { mode: 'verify-full', rootCert: 'system' }],
    ['sslmode=verify-full&sslcert=/c.pem&sslkey=/k.pem', { mode: 'verify-full', cert: '/c.pem', key: '/k.pem' }],
  ])('%s means %j', (parameter, tls) => {
    expect(parseUrl(`postgres://ada@db/todo?${parameter}`).tls).toMatchObject(tls);
  });

  it('a port beyond 65535 is refused', () => {
    expect(message('postgres://ada@db:70000/todo')).toBe('has the port 70000. It must be a number from 1 to 65535.');
  });
});
