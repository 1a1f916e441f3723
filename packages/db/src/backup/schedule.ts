import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { listBackups } from './folder.ts';

const HOUR_MS = 3_600_000;
/** The first check waits, to not slow down the start of the server. */
const FIRST_LOOK_MS = 10_000;

export interface ScheduleOptions {
  folder: string;
  everyHours: number;
  run(stopping: AbortSignal): Promise<void>;
  log(message: string): void;
  firstLookMs?: number;
}

/** How long until the next backup is due, in ms, from the age of the newest: a restart does not delay it. A newest backup in the future counts as new. */
export function dueIn(newest: Date | undefined, everyHours: number, now: number): number {
  const every = everyHours * HOUR_MS;
  return newest ? Math.max(0, every - Math.max(0, now - newest.getTime())) : 0;
}

/** The parameters of a backup in another process. */
export const backupOrder = z.strictObject({
  folder: z.string(),
  keep: z.string(),
  to: z.string().optional(),
});
export type BackupOrder = z.output<typeof backupOrder>;

/** Takes a backup in a separate process, so that it does not delay requests. Rejects with the last line of that process's standard error. */
export async function backupElsewhere(order: BackupOrder, stopping: AbortSignal): Promise<void> {
  const program = ['--max-semi-space-size=8', join(import.meta.dirname, 'main.ts'), JSON.stringify(order)];
  const child = spawn(process.execPath, program, { stdio: ['ignore', 'ignore', 'pipe'] });
  const kill = () => child.kill('SIGTERM');
  stopping.addEventListener('abort', kill);
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const [code] = await once(child, 'close');
  stopping.removeEventListener('abort', kill);
  if (code !== 0) throw new Error(said.trim().split('\n').at(-1) || 'the backup process was terminated');
}

async function keepBackingUp({ folder, everyHours, run, log, firstLookMs = FIRST_LOOK_MS }: ScheduleOptions, stopping: AbortSignal): Promise<void> {
  for (let wait = firstLookMs; ; ) {
    await delay(wait, undefined, { signal: stopping });
    const due = () => dueIn(listBackups(folder)[0]?.takenAt, everyHours, Date.now());
    const failure =
      due() > 0
        ? undefined
        : await run(stopping).then(
            () => undefined,
            (error: unknown) => error,
          );
    if (failure && !stopping.aborted) log(`The backup has failed and is tried again in an hour: ${failure instanceof Error ? failure.message : failure}`);
    wait = failure ? HOUR_MS : Math.min(due() || HOUR_MS, HOUR_MS);
  }
}

/** Takes a backup whenever the newest one in the folder has reached the age `everyHours`, until disposed. Logs a failure in one line. */
export function scheduleBackups(options: ScheduleOptions): AsyncDisposable {
  const stop = new AbortController();
  const ended = keepBackingUp(options, stop.signal).catch((error: unknown) => {
    if (!stop.signal.aborted) options.log(`Backups have stopped: ${error instanceof Error ? error.message : error}`);
  });
  return {
    [Symbol.asyncDispose]: () => {
      stop.abort();
      return ended;
    },
  };
}
