import { freePort, type TestDatabase } from '@todo/db/testing';
import { expect } from 'vitest';
import { doctor } from '../doctor/doctor.ts';

const SECRET = 'a secret that no line of the doctor may show';

/** What the doctor says of a deployment on this database with these settings besides the right ones, by check. */
export async function examine({ appUrl, ownerUrl }: TestDatabase, env: Record<string, string> = {}, now?: () => number) {
  const port = String(await freePort());
  const lines: string[] = [];
  const isWell = await doctor(
    { DATABASE_URL: appUrl, DATABASE_MIGRATION_URL: ownerUrl, BETTER_AUTH_SECRET: SECRET, PORT: port, BACKUP_DIR: '/nonexistent', ...env },
    (line) => lines.push(line),
    now,
  );
  for (const hidden of [SECRET, ...[appUrl, ownerUrl].map((url) => new URL(url).password)]) expect(lines.join('\n')).not.toContain(hidden);
  for (const line of lines) expect(line).not.toContain('\n');
  const of = (what: string) =>
    lines.filter((line) => line.slice(6).startsWith(`${what}: `)).map((line) => `${line.slice(0, 4).trim()}${line.slice(6 + what.length + 1)}`);
  return { isWell, lines, of };
}
