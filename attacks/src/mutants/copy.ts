import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..', '..');

/** A textual replacement in a source file. The old text must be there exactly once. */
export interface Edit {
  file: string;
  from: string;
  to: string;
}

/** The server program of a copy of the sources, with these edits. */
export function copyProgram(edits: readonly Edit[]): Disposable & { program: string } {
  const folder = mkdtempSync(join(tmpdir(), 'todo-mutant-'));
  for (const part of ['package.json', 'packages', 'apps/api']) {
    const filter = (path: string) => !/\.test\.ts$|\/(dist|migrations\/meta|fixtures)$/.test(path);
    cpSync(join(root, part), join(folder, part), { recursive: true, verbatimSymlinks: true, filter });
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const { file, from, to } of edits) {
    const text = readFileSync(join(folder, file), 'utf8');
    if (text.split(from).length !== 2) throw new Error(`${file} must hold this once: ${from}`);
    writeFileSync(
      join(folder, file),
      text.replace(from, () => to),
    );
  }
  return { program: join(folder, 'apps/api/src/main.ts'), [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}
