export interface Finding {
  level: 'ok' | 'warn' | 'fail';
  /** What was checked. */
  what: string;
  says: string;
}

const LINE_MAX = 500;

const finding =
  (level: Finding['level']) =>
  (what: string, says: string): Finding => ({ level, what, says });

export const ok = finding('ok');
export const warn = finding('warn');
export const fail = finding('fail');

/** One line, also for a text with many. */
export function lineOf({ level, what, says }: Finding): string {
  const line = says.trim().replace(/\s*\n\s*/g, '; ');
  return `${level.padEnd(4)}  ${what}: ${line.length > LINE_MAX ? `${line.slice(0, LINE_MAX)}…` : line}`;
}
