import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { cpuOf } from './cpu.ts';
import type { Person } from './people.ts';
import type { ServerProcess } from './process.ts';
import type { TestBed } from './testbed.ts';

const SETTLE = 3_000;

export interface MemoryResult {
  title: string;
  count: number;
  /** Memory growth per connection, in KB. */
  kilobytes: number;
  /** CPU usage without activity, in percent of one core. */
  idleCpu: number;
}

/** Resident memory of a process, in KB. */
const residentOf = (pid: number) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

/** Opens a connection and keeps it open. With a request, waits for the beginning of the response. */
async function hold(url: URL, request?: string): Promise<Disposable> {
  const socket = connect(Number(url.port), url.hostname);
  socket.on('error', () => {});
  await once(socket, 'connect');
  if (request !== undefined) {
    socket.write(request);
    const [head] = await once(socket, 'data');
    if (!String(head).startsWith('HTTP/1.1 200')) throw new Error(`a watch failed with ${String(head).split('\r\n', 1)}`);
    socket.resume();
  }
  return { [Symbol.dispose]: () => socket.destroy() };
}

const watchOf = (person: Person) =>
  `GET /trpc/sync.watch?input=${encodeURIComponent(JSON.stringify({ cursor: person.cursor }))} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${person.jwt}\r\n\r\n`;

async function measure(server: ServerProcess, title: string, requests: (string | undefined)[]): Promise<MemoryResult> {
  await delay(SETTLE);
  const before = residentOf(server.pid);
  using held = new DisposableStack();
  for (const request of requests) held.use(await hold(new URL(server.url), request));
  await delay(SETTLE);
  const cpuBefore = cpuOf(server.pid);
  const from = performance.now();
  await delay(SETTLE);
  const idleCpu = (cpuOf(server.pid) - cpuBefore) / (performance.now() - from) / 10;
  const after = residentOf(server.pid);
  return { title, count: requests.length, kilobytes: (after - before) / requests.length, idleCpu };
}

/** Memory and CPU usage per open connection and per live watch, of a server that has just been under load. */
export async function measureMemory(bed: TestBed, people: Person[]): Promise<MemoryResult[]> {
  await bed.renew(people);
  const idle = await measure(bed.server('ours'), 'idle connection', Array(people.length).fill(undefined));
  return [idle, await measure(bed.server('ours'), 'live watch', people.map(watchOf))];
}
