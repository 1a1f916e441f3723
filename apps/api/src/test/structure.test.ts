import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join, normalize } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..', '..', '..');

interface Source {
  path: string;
  text: string;
  /** The text with types blanked out, character for character: what differs is type. */
  running: string;
}

const files = readdirSync(root, { withFileTypes: true, recursive: false })
  .filter((entry) => entry.isFile() || ['packages', 'apps'].includes(entry.name))
  .flatMap(({ name }) => [name, ...(name.includes('.') || name === 'LICENSE' ? [] : readdirSync(join(root, name), { recursive: true, encoding: 'utf8' }).map((file) => join(name, file)))])
  .filter((path) => !/(^|\/)(node_modules|dist)\//.test(path));

const sources: Source[] = files
  .filter((path) => path.endsWith('.ts'))
  .map((path) => {
    const text = readFileSync(join(root, path), 'utf8');
    return { path, text, running: stripTypeScriptTypes(text) };
  });

/** What runs in the product, as opposed to tests, what arranges them, and configuration. */
const isShipped = ({ path }: Source) => /\/src\//.test(path) && !/\.test\.ts$|\/testing[^/]*\.ts$|\/test\//.test(path);
const shipped = sources.filter(isShipped);

/** Where a pattern is found, as `path:line text`; with `typeOnly`, only in what never runs. */
const places = (among: Source[], pattern: RegExp, typeOnly = false): string[] =>
  among.flatMap(({ path, text, running }) =>
    [...text.matchAll(new RegExp(pattern, 'g'))]
      .filter(({ index, 0: found }) => !typeOnly || (running.slice(index, index + found.length).trim() === '' && found.trim() !== ''))
      .map(({ index, 0: found }) => `${path}:${text.slice(0, index).split('\n').length} ${found.trim()}`),
  );
