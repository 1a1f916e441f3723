import { readdir, readFile } from 'node:fs/promises';
import { constants, getPriority, setPriority } from 'node:os';

/**
 * Lets the threads that hash passwords give way to all others when processors are short. Linux only. They are libuv's, which Node starts with the first use of
 * the file system, and which nothing on the way of a call needs: a JWT is verified there once.
 */
export async function lowerPriorityOfThreads(): Promise<void> {
  if (process.platform !== 'linux') return;
  const { PRIORITY_BELOW_NORMAL, PRIORITY_LOW } = constants.priority;
  const lower = Math.min(getPriority() + PRIORITY_BELOW_NORMAL, PRIORITY_LOW);
  for (const thread of await readdir('/proc/self/task')) {
    // A thread may have ended meanwhile.
    const name = await readFile(`/proc/self/task/${thread}/comm`, 'utf8').catch(() => '');
    if (name.startsWith('libuv-worker')) setPriority(Number(thread), lower);
  }
}
