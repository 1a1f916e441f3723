import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Linux reports CPU time to user space in ticks of 1/100 s. */
const TICK_MICROSECONDS = 10_000;

/** Parent, own CPU time and that of exited children, in µs (https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html). */
function statOf(pid: number | string): { parent: number; own: number; ended: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15).map((ticks) => Number(ticks) * TICK_MICROSECONDS);
    return { parent: Number(fields[1]), own: user + system, ended: endedUser + endedSystem };
  } catch {
    return undefined;
  }
}

/** CPU time of a process so far, in µs. */
export const cpuOf = (pid: number): number => statOf(pid)?.own ?? Number.NaN;

/** CPU time of PostgreSQL so far, in µs: of the postmaster and of all its children, including exited ones. */
function cpuOfDatabase(postmaster: number): number {
  const parent = statOf(postmaster);
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(statOf)
    .filter((stat) => stat?.parent === postmaster);
  return [parent, ...children].reduce((sum, stat) => sum + (stat?.own ?? 0), parent?.ended ?? Number.NaN);
}

/** CPU time of the whole machine so far, in µs, including what its host took from it. */
function cpuOfMachine(): number {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n', 1);
  const [user = 0, nice = 0, system = 0, , , interrupts = 0, softInterrupts = 0, stolen = 0] = line.split(/ +/).slice(1).map(Number);
  return (user + nice + system + interrupts + softInterrupts + stolen) * TICK_MICROSECONDS;
}

export interface CpuUse {
  /** CPU time in µs. */
  server: number;
  database: number;
  /** The load generator, which is a child of this process. */
  generator: number;
  /** Other programs, in percent of the machine's processors. */
  others: number;
}

/** Runs something and returns the CPU time that was used meanwhile. */
export async function cpuDuring<T>(servers: readonly number[], postmaster: number, run: () => Promise<T>): Promise<{ result: T; cpu: CpuUse }> {
  const read = () => {
    const server = servers.reduce((sum, pid) => sum + cpuOf(pid), 0);
    const self = statOf(process.pid);
    return { server, database: cpuOfDatabase(postmaster), generator: self?.ended ?? Number.NaN, self: self?.own ?? Number.NaN, machine: cpuOfMachine() };
  };
  const [before, from] = [read(), performance.now()];
  const result = await run();
  const [after, milliseconds] = [read(), performance.now() - from];
  const used = (name: keyof typeof before) => after[name] - before[name];
  const [server, database, generator] = [used('server'), used('database'), used('generator')];
  const others = Math.max(0, used('machine') - server - database - generator - used('self'));
  return { result, cpu: { server, database, generator, others: others / milliseconds / 10 / availableParallelism() } };
}
