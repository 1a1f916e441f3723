import type { About } from './about.ts';
import type { Figures } from './results.ts';
import type { Spread } from './statistics.ts';

export const missing = '–';

export const whole = (value: number) => (Number.isNaN(value) ? missing : Math.round(value).toLocaleString('en'));
export const factor = (value: number | undefined) => (value === undefined ? missing : value.toFixed(2));
export const milliseconds = ({ p50, p95, p99 }: Record<'p50' | 'p95' | 'p99', number>) =>
  [p50, p95, p99].map((value) => (value < 10 ? value.toFixed(1) : value.toFixed(0))).join(' / ');
export const spread = (value: Spread | undefined, format: (value: number) => string) =>
  value ? `${format(value.median)} (${format(value.min)}–${format(value.max)})` : missing;
/** CPU time per request of server and PostgreSQL. */
export const cpu = ({ serverCpu, databaseCpu, noisy }: Figures) => `${whole(serverCpu)} + ${whole(databaseCpu)}${noisy ? ' (noisy)' : ''}`;

const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;

/** The first column is left-aligned, the others right-aligned. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');

export const measuredOn = ({ date, command, machine, versions }: About) =>
  `Measured on ${date} with \`${command}\`, on ${machine}. The server, PostgreSQL and the load generator share the machine.
${Object.entries(versions)
  .map(([name, version]) => `${name} ${version}`)
  .join(' · ')}.`;
