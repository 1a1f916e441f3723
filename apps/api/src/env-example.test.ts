import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { expect, it } from 'vitest';
import { readEnv } from './env.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const example = parseEnv(read('.env.example'));

it('.env.example lists exactly the variables that the code reads', () => {
  const inApi = read('apps/api/src/env.ts').matchAll(/^ {2}([A-Z_]+): /gm);
  const inDatabase = read('packages/db/src/embedded/settings.ts').matchAll(/\benv\.([A-Z_]+)/g);
  const names = [...inApi, ...inDatabase].map(([, name]) => name);
  expect(Object.keys(example).sort()).toEqual([...new Set(names)].sort());
});

it('a copy of .env.example changes nothing', () => {
  expect(readEnv(example)).toEqual(readEnv({}));
});

it('.env.example says what each variable is for', () => {
  const lines = read('.env.example').split('\n');
  const silent = lines.filter((line, i) => /^[A-Z]/.test(line) && !/^(#|[A-Z])/.test(lines[i - 1] ?? ''));
  expect(silent).toEqual([]);
});
