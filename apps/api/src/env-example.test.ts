import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { expect, it } from 'vitest';
import { readEnv } from './env.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const example = parseEnv(read('.env.example'));

it('.env.example lists exactly the variables that the code reads', () => {
  const inApi = ['env', 'env-providers'].flatMap((file) => [...read(`apps/api/src/${file}.ts`).matchAll(/^ {2}([A-Z_]+): /gm)]);
  const inDatabase = read('packages/db/src/embedded/settings.ts').matchAll(/\benv\.([A-Z_]+)/g);
  const names = [...inApi, ...inDatabase].map(([, name]) => name);
  expect(Object.keys(example).sort()).toEqual([...new Set(names)].sort());
});

it('the files of the folder deploy set only variables that are there', () => {
  const inCompose = [...read('deploy/compose.yaml').matchAll(/^ {6}([A-Z_]+):/gm)].map(([, name = '']) => name);
  const assignments = (path: string, lines: RegExp) =>
    (read(path).match(lines) ?? []).flatMap((line) => [...line.matchAll(/\b([A-Z_]+)=/g)].map(([, name = '']) => name));
  const set = [...inCompose, ...assignments('deploy/todo.service', /^Environment=.*$/gm), ...assignments('deploy/Dockerfile', /^ENV .*$/gm)];
  const ofOthers = /^(POSTGRES_|NODE_COMPILE_CACHE|TODO_(SITE|INSTANCES)$)/;
  expect(set).toContain('DATABASE_URL_FILE');
  expect(set.filter((name) => !ofOthers.test(name) && !(name in example))).toEqual([]);
});

it('a copy of .env.example changes nothing', () => {
  expect(readEnv(example)).toEqual(readEnv({}));
});

it('.env.example says what each variable is for', () => {
  const lines = read('.env.example').split('\n');
  const silent = lines.filter((line, i) => /^[A-Z]/.test(line) && !/^(#|[A-Z])/.test(lines[i - 1] ?? ''));
  expect(silent).toEqual([]);
});
