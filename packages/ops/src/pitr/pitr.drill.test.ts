import { execFile, spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const program = join(import.meta.dirname, '..', 'cli.ts');

const absent = [
  ...(globSync('/usr/lib/postgresql/*/bin/initdb').length > 0 ? [] : ['postgresql']),
  ...(spawnSync('/usr/bin/pgbackrest', ['version']).status === 0 ? [] : ['pgbackrest']),
];

it('pitr-drill brings a lost server back as it was at a second before everything was deleted, or names the packages it needs for that', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [program, 'pitr-drill'], { env: { TMPDIR: process.env.TMPDIR } });
  if (absent.length > 0) expect(stdout).toContain(`apt-get install ${absent.join(' ')}"`);
  else {
    expect(stdout).not.toContain('Skipped');
    expect(stdout).toMatch(
      /\ball 5 logs sound, all users signed in, all 350 tasks and their counts as before\nRPO: 0 s before the chosen second\..*\nRTO: \d+\.\d s/,
    );
  }
});
