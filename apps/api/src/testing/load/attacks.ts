import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { BATCH_MAX_CALLS, BODY_MAX_BYTES } from '@todo/contract';
import { send } from './send.ts';

/** What one person or address does at full speed. */
export interface Attack {
  /** How many of these loops run at once. */
  loops: number;
  /** One round of a loop; `i` counts the rounds of all loops. */
  round(target: Target, i: number): Promise<unknown>;
}

interface Target {
  port: number;
  /** Authenticates the attacker. */
  authorization: string;
  /** A task of the attacker. */
  taskId: string;
  /** Ends what is left open. */
  signal: AbortSignal;
}

const PASSWORD = 'correct horse battery';
/** The header in which the server under attack reads the client's address, and a different address for each. */
export const ADDRESS_HEADER = 'x-client-address';
export const addressOf = (i: number) => `10.${Math.floor(i / 62_500) % 250}.${Math.floor(i / 250) % 250}.${(i % 250) + 1}`;

const post = ({ port, authorization }: Target, path: string, body: string, address?: string) => {
  const headers = { 'content-type': 'application/json', ...(address === undefined ? { authorization } : { [ADDRESS_HEADER]: address }) };
  return send({ port, method: 'POST', path, headers, body });
};
const call = (target: Target, procedure: string, input: object) => post(target, `/trpc/${procedure}`, JSON.stringify(input));

function batch({ port, authorization }: Target, procedure: string, inputOf: (i: number) => object, read = true) {
  const inputs = Object.fromEntries(Array.from({ length: BATCH_MAX_CALLS }, (_, i) => [i, inputOf(i)]));
  const path = `/trpc/${Array(BATCH_MAX_CALLS).fill(procedure)}?batch=1&input=${encodeURIComponent(JSON.stringify(inputs))}`;
  return send({ port, method: 'GET', path, headers: { authorization }, read });
}

/** A connection that stays open until the attack ends. */
async function open({ port, signal }: Target): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  signal.addEventListener('abort', () => socket.destroy(), { once: true });
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
  return socket;
}

/** Sends the head of a request and one byte of its body a second. */
async function sendSlowly(target: Target, headers: string): Promise<void> {
  const socket = await open(target);
  socket.write(`POST /trpc/tasks.create HTTP/1.1\r\nhost: todo\r\ncontent-type: application/json\r\ncontent-length: ${BODY_MAX_BYTES}\r\n${headers}\r\n{`);
  const timer = setInterval(() => socket.write(' '), 1_000);
  await once(socket, 'close');
  clearInterval(timer);
}

const many = Object.fromEntries(Array.from({ length: 90_000 }, (_, i) => [`k${i}`, 1]));
const wrongKeys = JSON.stringify(many);
const longUrl = JSON.stringify({ callbackURL: 'x'.repeat(1_000_000) });
const description = '😀'.repeat(10_000);

export const attacks: Record<string, Attack> = {
  'wrong passwords from many addresses': {
    loops: 100,
    round: (target, i) => post(target, '/api/auth/sign-in/email', JSON.stringify({ email: `nobody${i}@example.com`, password: PASSWORD }), addressOf(i)),
  },
  'sign-ups from many addresses': {
    loops: 100,
    round: (target, i) =>
      post(target, '/api/auth/sign-up/email', JSON.stringify({ name: 'Eve', email: `${randomUUID()}@example.com`, password: PASSWORD }), addressOf(i)),
  },
  'batches of searches that find nothing': { loops: 3, round: (target) => batch(target, 'tasks.list', (i) => ({ search: `zzqq${i}` })) },
  'batches of large pages': { loops: 4, round: (target) => batch(target, 'sync.changes', () => ({ limit: 500 })) },
  'large pages that are not read': { loops: 40, round: (target) => batch(target, 'tasks.list', () => ({ limit: 200 }), false) },
  'rewinds that only count': { loops: 20, round: (target) => call(target, 'history.rewind', { to: 0, dryRun: true }) },
  'bodies of wrong keys': { loops: 4, round: (target) => post(target, '/trpc/tasks.create', wrongKeys) },
  'long addresses for the log': { loops: 4, round: (target, i) => post(target, '/api/auth/sign-out', longUrl, addressOf(i)) },
  'edits of a long text without end': {
    loops: 8,
    round: (target, i) => call(target, 'tasks.edit', { id: target.taskId, description: `${i}${description.slice(20)}` }),
  },
  'single calls at full speed': { loops: 32, round: (target) => call(target, 'tasks.get', { id: target.taskId }) },
  'connections that are left open': { loops: 500, round: async (target) => once(await open(target), 'close') },
  'slow bodies of nobody': { loops: 200, round: (target) => sendSlowly(target, '') },
  'slow bodies of one user': { loops: 200, round: (target) => sendSlowly(target, `authorization: ${target.authorization}\r\n`) },
  'requests that are given up': {
    loops: 20,
    round: async (target) => {
      const socket = await open(target);
      const input = encodeURIComponent(JSON.stringify({ search: 'zzqq' }));
      socket.end(`GET /trpc/tasks.list?input=${input} HTTP/1.1\r\nhost: todo\r\nauthorization: ${target.authorization}\r\n\r\n`);
      setTimeout(() => socket.destroy(), 10);
      await once(socket, 'close');
    },
  },
};
