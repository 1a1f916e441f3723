import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { listBackups } from './folder.ts';

const HOUR_MS = 3_600_000;
/** A start has other things to do first. */
const FIRST_LOOK_MS = 10_000;

export interface ScheduleOptions {
  folder: string;
  everyHours: number;
  /** Takes one backup into the folder. */
  run(stopping: AbortSignal): Promise<void>;
  log(message: string): void;
  firstLookMs?: number;
}

/** How long until the next backup is due, in ms. It is the newest one's age that counts, so that restarts postpone nothing; one from the future counts as new. */
export function dueIn(newest: Date | undefined, everyHours: number, now: number): number {
  const every = everyHours * HOUR_MS;
  return newest ? Math.max(0, every - Math.max(0, now - newest.getTime())) : 0;
}

/** What a backup in another process is asked for. */
export const backupOrder = z.strictObject({
  folder: z.string(),
  /** Which backups are kept, such as 7d,4w,12m. */
  keep: z.string(),
  /** The public key of age that it is encrypted to. */
  to: z.string().optional(),
});
export type BackupOrder = z.output<typeof backupOrder>;

/** Takes a backup in a process of its own, so that it never holds up a request. Rejects with the last line of what that says. */
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
  if (code !== 0) throw new Error(said.trim().split('\n').at(-1) || 'it was ended');
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

/** Takes a backup whenever the newest one in the folder has reached an age, until it is disposed of. A failure is logged in one line. */
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
