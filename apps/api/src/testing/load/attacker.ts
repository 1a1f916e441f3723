import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { attacks } from './attacks.ts';

/** A thread that attacks until it gets a message, so that the test's own thread can measure. It answers with the number of its attacks. */
const { name, port, authorization, taskId } = workerData;
const attack = attacks[name];
const stop = new AbortController();
parentPort?.once('message', () => stop.abort());
if (!attack) throw new Error(`There is no attack ${name}.`);

let rounds = 0;
async function loop(): Promise<void> {
  while (!stop.signal.aborted) {
    rounds += 1;
    const status = await attack?.round({ port, authorization, taskId, signal: stop.signal }, rounds).catch(() => 0);
    // A refused attacker goes on, but does not spend the machine of the test on asking again.
    if (status === 429 || status === 503 || status === 0) await delay(5);
  }
}
for (let i = 0; i < attack.loops; i += 1) void loop();
stop.signal.addEventListener('abort', () => parentPort?.postMessage(rounds));
