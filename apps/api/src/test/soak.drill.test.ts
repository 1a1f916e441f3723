import { readdirSync, readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { createTestDatabase, freePort, inspect } from '@todo/db/testing';
import { expect, inject, it } from 'vitest';
import { client, start, stop } from '../testing/program.ts';

const SECONDS = inject('drills') === 'long' ? 1_800 : 15;
const CLIENTS = 20;

/** What a process holds: memory in MB, and open files and sockets. */
function heldBy(pid: number) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return { megabytes: Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1_000), handles: readdirSync(`/proc/${pid}/fd`).length };
}

it(`after ${SECONDS} s in which one client in a hundred left in the middle of an answer, and streams came and went, the server holds what it held before`, async () => {
  await using database = await createTestDatabase();
  const settings = { DATABASE_URL: database.appUrl, BETTER_AUTH_SECRET: 's'.repeat(32), TODO_DATA_DIR: '/nonexistent', SIGN_INS_PER_MINUTE: '0' };
  const program = await start({ ...settings, CALLS_PER_MINUTE: '0', ACCESS_LOG: 'off', PORT: String(await freePort()) });
  try {
    const ada = client(program, 'ada@example.com');
    await ada.signUp();
    for (let i = 0; i < 100; i += 1) await ada.create(`Task ${i}`);
    const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
    const connections = () => inspect(database.superuserUrl, `select from pg_stat_activity where usename = 'todo_app' and datname = current_database()`);
    let [answers, left, failed] = [0, 0, 0];

    const list = () =>
      new Promise<void>((resolve) => {
        const leaves = Math.random() < 0.01;
        const request = get(`${program.url}/trpc/tasks.list?input=%7B%22limit%22%3A100%7D`, { agent, headers: ada.headers() }, (response) => {
          if (leaves) response.once('data', () => request.destroy());
          response.resume().on('end', () => {
            if (response.statusCode === 200) answers += 1;
            else failed += 1;
          });
          response.on('close', resolve);
        });
        request.on('error', () => {
          if (!leaves) failed += 1;
          resolve();
        });
        if (leaves) left += 1;
      });
    const watch = async () => {
      const gone = new AbortController();
      const response = await fetch(`${program.url}/trpc/sync.watch?input=%7B%7D`, { headers: ada.headers(), signal: gone.signal });
      await delay(1_000 * Math.random());
      gone.abort();
      await response.text().catch(() => {});
    };
    const use = async (ms: number) => {
      const last = performance.now() + ms;
      const loop = async (work: () => Promise<void>, pause: number) => {
        while (performance.now() < last) {
          await work();
          await delay(pause);
        }
      };
      await Promise.all([...Array.from({ length: CLIENTS }, () => loop(list, 100)), ...Array.from({ length: 5 }, () => loop(watch, 10))]);
      await delay(2_000);
    };

    const pid = program.child.pid ?? 0;
    await use(Math.min(60_000, SECONDS * 500));
    const before = { ...heldBy(pid), connections: (await connections()).length };
    await use(SECONDS * 1_000);
    const after = { ...heldBy(pid), connections: (await connections()).length };
    console.info(JSON.stringify({ answers, left, failed, before, after }));
    agent.destroy();
    expect(failed).toBe(0);
    expect(left).toBeGreaterThan(0);
    expect(after.handles).toBeLessThanOrEqual(before.handles + CLIENTS);
    expect(after.connections).toBeLessThanOrEqual(15);
    expect(after.megabytes).toBeLessThan(before.megabytes * 1.3 + 30);
    expect(await stop(program)).toBe(0);
  } finally {
    await stop(program, 'SIGKILL');
  }
});
