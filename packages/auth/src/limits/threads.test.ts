import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { expect, it } from 'vitest';
import { lowerPriorityOfThreads } from './threads.ts';

/** The priority of each thread of this process, by name. Field 19 of the file is the 17th after the name. */
function priorities(): [name: string, priority: number][] {
  return readdirSync('/proc/self/task').map((thread) => {
    const [name = '', rest = ''] = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8')
      .replace(/^\d+ \(/, '')
      .split(') ');
    return [name, Number(rest.split(' ')[16])];
  });
}

it.runIf(process.platform === 'linux')('the threads that hash passwords, and no others, give way', async () => {
  await lowerPriorityOfThreads();
  const hashing = priorities().filter(([name]) => name.startsWith('libuv-worker'));
  expect(hashing.length).toBeGreaterThan(0);
  for (const [, priority] of hashing) expect(priority).toBeGreaterThan(getPriority());
  expect(priorities().filter(([name, priority]) => priority > getPriority() && !name.startsWith('libuv-worker'))).toEqual([]);
});
