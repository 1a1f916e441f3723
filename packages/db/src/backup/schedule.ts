import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { listBackups } from './folder.ts';

const HOUR_MS = 3_600_000;

const TIMES = {
  /** The first check waits, to not slow down the start of the server. */
  firstLookMs: 10_000,
  /** The longest pause between two checks, and the pause after a failure. */
  pauseMs: HOUR_MS,
  /** A disk or a network share that hangs would otherwise end the loop for good. */
  runMaxMs: 24 * HOUR_MS,
};

export interface ScheduleOptions extends Partial<typeof TIMES> {
  folder: string;
  everyHours: number;
  run(stopping: AbortSignal): Promise<void>;
  log(message: string): void;
}

/** How long until the next backup is due, in ms, from the age of the newest: a restart does not delay it. A newest backup in the future counts as new. */
export function dueIn(newest: Date | undefined, everyHours: number, now: number): number {
  const every = everyHours * HOUR_MS;
  return newest ? Math.max(0, every - Math.max(0, now - newest.getTime())) : 0;
}

/** Takes a backup in a separate process, so that it does not delay requests. Rejects with the last line of that process's standard error. */
export async function backupElsewhere(
  { folder, keep, to = '' }: { folder: string; keep: string; to?: string | undefined },
  stopping: AbortSignal,
): Promise<void> {
  const program = ['--max-semi-space-size=8', join(import.meta.dirname, 'main.ts')];
  const child = spawn(process.execPath, [...program, folder, keep, to], { stdio: ['ignore', 'ignore', 'pipe'], signal: stopping, killSignal: 'SIGKILL' });
  const [[code], said] = await Promise.all([once(child, 'close'), text(child.stderr)]);
  if (code !== 0) throw new Error(said.trim().split('\n').at(-1) || 'the backup process was terminated');
}

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : error);

async function keepBackingUp({ folder, everyHours, run, log, ...times }: ScheduleOptions, stopping: AbortSignal): Promise<void> {
  const { firstLookMs, pauseMs, runMaxMs } = { ...TIMES, ...times };
  for (let wait = firstLookMs; ; ) {
    await delay(wait, undefined, { signal: stopping });
    const due = () => dueIn(listBackups(folder)[0]?.takenAt, everyHours, Date.now());
    const late = AbortSignal.timeout(runMaxMs);
    wait = pauseMs;
    try {
      if (due() === 0) await run(AbortSignal.any([stopping, late]));
      wait = Math.min(due() || pauseMs, pauseMs);
    } catch (error) {
      if (!stopping.aborted) log(`The backup has failed and is tried again in an hour: ${late.aborted ? 'it took longer than a day' : reasonOf(error)}`);
    }
  }
}

/** Takes a backup whenever the newest one in the folder has reached the age `everyHours`, until disposed. Logs a failure in one line. */
export function scheduleBackups(options: ScheduleOptions): AsyncDisposable {
  const stop = new AbortController();
  const ended = keepBackingUp(options, stop.signal).catch(() => {}); // stopped during a pause
  return {
    [Symbol.asyncDispose]: () => {
      stop.abort();
      return ended;
    },
  };
}
