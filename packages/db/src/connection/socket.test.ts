import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../testing/database.ts';
import { certificate, openGate } from '../testing/tls.ts';
import { Connection } from './connection.ts';

const unavailable = { reason: 'DATABASE_UNAVAILABLE' };

let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own[Symbol.asyncDispose]());

/** A connection to this host and port, with these URL parameters. */
async function open(host: string, port: number, parameters: string, answerTimeout = 20_000): Promise<Connection> {
  const url = own.superuserUrl.replace(/@[^/]+/, `@${host}:${port}`);
  const connection = await Connection.open(`${url}?${parameters}`, { connectTimeout: 20_000, answerTimeout });
  onTestFinished(() => connection.end(new Error('done')));
  return connection;
}
const ask = (connection: Connection) => connection.send([{ text: 'select 1 as one' }]);

function trustCertificate(): void {
  const before = getCACertificates('default');
  setDefaultCACertificates([...before, certificate]);
  onTestFinished(() => setDefaultCACertificates(before));
}

describe('sslmode', () => {
  it.each([
    ['application_name=todo', 'S', false],
    ['sslmode=disable', 'S', false],
    ['sslmode=prefer', 'N', false],
    ['sslmode=prefer', 'S', true],
    ['sslmode=require', 'S', true],
  ])('%s, where the server answers %s, gives a connection with TLS: %s', async (parameters, answer, encrypted) => {
    await using gate = await openGate(own.superuserUrl, answer);
    expect(await ask(await open('127.0.0.1', gate.port, parameters))).toMatchObject([[{ one: 1 }]]);
    expect(gate.encrypted).toEqual([encrypted]);
  });

  it.each([
    ['require', 'N'],
    ['require', 'E'],
    ['require', 'S and more, which nobody has encrypted'],
    ['prefer', 'N and more'],
    ['verify-full', 'N'],
  ])('%s, where the server answers %s, gives none', async (mode, answer) => {
    await using gate = await openGate(own.superuserUrl, answer);
    await expect(open('localhost', gate.port, `sslmode=${mode}`)).rejects.toMatchObject(unavailable);
  });

  it('verify-full wants a certificate that is trusted, and for the host that the URL names', async () => {
    await using gate = await openGate(own.superuserUrl, 'S');
    const verified = (host: string) => open(host, gate.port, 'sslmode=verify-full');
    await expect(verified('localhost')).rejects.toMatchObject({ ...unavailable, cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' } });
    trustCertificate();
    await expect(verified('127.0.0.1')).rejects.toMatchObject({ ...unavailable, cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' } });
    expect(await ask(await verified('localhost'))).toMatchObject([[{ one: 1 }]]);
  });

  it('a connection with TLS that is given up fails those who wait for it, and nobody else', async () => {
    await using gate = await openGate(own.superuserUrl, 'S');
    const connection = await open('127.0.0.1', gate.port, 'sslmode=require', 500);
    const slow = { text: 'select pg_sleep(600)' };
    const next = { text: `select '${'x'.repeat(2_000)}'` };
    await expect(connection.send([{ text: 'set statement_timeout = 0' }, slow, next, next])).rejects.toMatchObject(unavailable);
    connection.end(new Error('again'));
    expect(await ask(await open('127.0.0.1', gate.port, 'sslmode=require'))).toMatchObject([[{ one: 1 }]]);
  });
});

it('a host that begins with a slash is the folder of a Unix socket, where sslmode means nothing', async () => {
  const { hostname, port } = new URL(own.superuserUrl);
  const folder = mkdtempSync(join(tmpdir(), 'todo-test-'));
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    client.on('close', () => upstream.destroy()).pipe(upstream);
    upstream.on('close', () => client.destroy()).pipe(client);
  }).listen(join(folder, '.s.PGSQL.5432'));
  onTestFinished(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  await once(server, 'listening');
  expect(await ask(await open(encodeURIComponent(folder), 5432, 'sslmode=require'))).toMatchObject([[{ one: 1 }]]);
});
