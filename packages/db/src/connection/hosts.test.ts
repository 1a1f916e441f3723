import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { texts } from '../log/owners.ts';
import { withMigrationLock } from '../migrate/migrate.ts';
import { freePort, inspect, type OwnPostgres, script, startOwnPostgres } from '../testing/database.ts';
import { Connection } from './connection.ts';

const LONG = 600_000; // ms
const unavailable = { reason: 'DATABASE_UNAVAILABLE' };
const hostOf = (url: string) => new URL(url).host;

let readOnly: OwnPostgres;
let readOnlyHost: string;
/** The shared test server, which accepts writes. */
const { superuserUrl } = inject('postgres');
const writableHost = hostOf(superuserUrl);

beforeAll(async () => {
  readOnly = await startOwnPostgres();
  readOnlyHost = hostOf(readOnly.superuserUrl);
  await script(readOnly.superuserUrl, `alter role postgres password '${new URL(superuserUrl).password}'`);
  await inspect(superuserUrl.replace(writableHost, readOnlyHost), 'alter system set default_transaction_read_only = on');
  await script(superuserUrl.replace(writableHost, readOnlyHost), 'select pg_reload_conf()');
});
afterAll(() => readOnly[Symbol.asyncDispose]());

/** The host that a connection to one of these reaches. */
async function reached(hosts: string[], { target, connectTimeout = LONG }: { target?: string; connectTimeout?: number } = {}): Promise<string> {
  const url = superuserUrl.replace(writableHost, hosts.join(','));
  const connection = await Connection.open(target ? `${url}?target_session_attrs=${target}` : url, { connectTimeout, answerTimeout: LONG });
  try {
    const [rows] = await connection.send([{ text: `select '127.0.0.1:' || current_setting('port') as host` }]);
    return Object(rows?.[0]).host;
  } finally {
    connection.end(new Error('done'));
  }
}

/** A server that counts its connections and handles each with the given function. */
async function countConnections(work: (socket: Socket) => unknown) {
  let connections = 0;
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    connections += 1;
    sockets.push(socket.on('error', () => {}));
    work(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    host: `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    connections: () => connections,
    [Symbol.dispose]: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

describe('a URL with several hosts', () => {
  it('leads to the first that answers, and each before it is asked once', async () => {
    using closing = await countConnections((socket) => socket.end());
    using silent = await countConnections(() => {});
    const dead = `127.0.0.1:${await freePort()}`;
    expect(await reached([dead, closing.host, silent.host, writableHost, readOnlyHost], { connectTimeout: 5_000 })).toBe(writableHost);
    expect([closing.connections(), silent.connections()]).toEqual([1, 1]);
  });

  it('fails without waiting when all refuse or close', async () => {
    using closing = await countConnections((socket) => socket.end());
    const dead = `127.0.0.1:${await freePort()}`;
    await expect(reached([dead, closing.host, dead])).rejects.toMatchObject(unavailable);
    expect(closing.connections()).toBe(1);
  });

  it('fails when all are silent and the time for all of them is up', async () => {
    using silent = await countConnections(() => {});
    await expect(reached([silent.host, silent.host], { connectTimeout: 200 })).rejects.toMatchObject(unavailable);
    expect(silent.connections()).toBe(2);
  });

  it('does not offer a refused password to the next', async () => {
    using next = await countConnections((socket) => socket.end());
    const url = `postgres://postgres:wrong@${readOnlyHost},${next.host}/postgres`;
    await expect(Connection.open(url, { connectTimeout: LONG, answerTimeout: LONG })).rejects.toMatchObject({ ...unavailable, cause: { code: '28P01' } });
    expect(next.connections()).toBe(0);
  });
});

describe('target_session_attrs', () => {
  it.each([
    ['read-write', () => [readOnlyHost, writableHost], () => writableHost],
    ['read-only', () => [writableHost, readOnlyHost], () => readOnlyHost],
    ['primary', () => [readOnlyHost, writableHost], () => readOnlyHost],
    ['prefer-standby', () => [writableHost, readOnlyHost], () => writableHost],
  ])('%s leads to the first host that gives such sessions', async (target, hosts, expected) => {
    expect(await reached(hosts(), { target })).toBe(expected());
  });

  it('does not matter to a migration, which goes to the host that accepts writes', async () => {
    const url = superuserUrl.replace(writableHost, `${readOnlyHost},${writableHost}`);
    const port = await withMigrationLock(url, 'change', async (connection) => texts(connection, `select current_setting('port')`));
    expect(port).toEqual([[new URL(superuserUrl).port]]);
  });

  it.each(['read-write', 'standby'])('%s is held for the last host too', async (target) => {
    await expect(reached([readOnlyHost], { target })).rejects.toMatchObject(unavailable);
  });
});
