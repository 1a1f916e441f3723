import { readdirSync, readFileSync } from 'node:fs';

/** Linux reports CPU time to user space in ticks of 1/100 s. */
const TICK_MICROSECONDS = 10_000;

/** Parent, own CPU time and that of exited children, in ticks (https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html). */
function statOf(pid: number | string): { parent: number; own: number; ended: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15).map(Number);
    return { parent: Number(fields[1]), own: user + system, ended: endedUser + endedSystem };
  } catch {
    return undefined;
  }
}

/** CPU time of a process so far, in µs; undefined without /proc. */
export function cpuOf(pid: number): number | undefined {
  const stat = statOf(pid);
  return stat && stat.own * TICK_MICROSECONDS;
}

/** The same for a process and all its children, including exited ones. */
export function cpuOfFamily(pid: number): number | undefined {
  const parent = statOf(pid);
  if (!parent) return undefined;
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(statOf)
    .filter((stat) => stat?.parent === pid);
  return [parent, ...children].reduce((sum, stat) => sum + (stat?.own ?? 0), parent.ended) * TICK_MICROSECONDS;
}

/** CPU time of the whole machine so far, in µs; undefined without /proc. */
export function cpuOfMachine(): number | undefined {
  try {
    const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n', 1);
    const [user = 0, nice = 0, system = 0, , , interrupts = 0, softInterrupts = 0, stolen = 0] = line.split(/ +/).slice(1).map(Number);
    return (user + nice + system + interrupts + softInterrupts + stolen) * TICK_MICROSECONDS;
  } catch {
    return undefined;
  }
}
