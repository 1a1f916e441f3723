import type { About } from './about.ts';

export const missing = '–';

export const whole = (value: number | undefined) => (value === undefined || Number.isNaN(value) ? missing : Math.round(value).toLocaleString('en'));
export const factor = (value: number | undefined) => (value === undefined ? missing : value.toFixed(2));
export const ms = (value: number) => (value < 10 ? value.toFixed(1) : value.toFixed(0));
export const spread = ({ median, min, max }: Record<'median' | 'min' | 'max', number>) => `${whole(median)} (${whole(min)}–${whole(max)})`;

const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;

/** The first column is left-aligned, the others right-aligned. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');

export const measuredOn = ({ date, command, machine, versions }: About) =>
  `Measured on ${date} with \`${command}\`, on ${machine}; the machine was shared by the server, PostgreSQL and the load generator.
${Object.entries(versions)
  .map(([name, version]) => `${name} ${version}`)
  .join(' · ')}.`;
