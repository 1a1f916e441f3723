import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inject } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
let building: Promise<string> | undefined;

async function build(): Promise<string> {
  const folder = join(inject('built'), 'page');
  const own = `${folder}-${process.pid}`;
  if (existsSync(folder)) return folder;
  // In a program of its own: Vite would build for tests in this one.
  const vite = [join(root, 'node_modules', 'vite', 'bin', 'vite.js'), 'build', '--logLevel', 'error', '--outDir', own, '--emptyOutDir'];
  await promisify(execFile)(process.execPath, vite, { cwd: root, env: { ...process.env, NODE_ENV: 'production' } });
  await rename(own, folder).catch((error: NodeJS.ErrnoException) => {
    // Another worker was faster.
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  });
  return folder;
}

/** The folder with the page as it is served, built once for all tests of a run. */
export function builtPage(): Promise<string> {
  building ??= build();
  return building;
}
