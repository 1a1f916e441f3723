import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';

const root = join(import.meta.dirname, '..', '..', '..', '..');
const folder = 'specs/database';
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const exists = (path: string) => existsSync(join(root, path));
const document = read(`${folder}/verification.md`);

const numbered = (prefix: string, count: number, digits: number) => Array.from({ length: count }, (_, i) => `${prefix}-${String(i + 1).padStart(digits, '0')}`);

/** The requirements of the product, by section of the document. */
const required = {
  'Functional requirements': numbered('FR', 10, 3),
  'Success criteria': numbered('SC', 5, 3),
  'User stories': numbered('US', 3, 1),
  'Edge cases': numbered('EC', 3, 1),
};

const cells = (line: string) =>
  line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim());

const columns = ['Id', 'Requirement', 'Built in', 'Proved by', 'Status', 'Figure'];

/** The rows of the tables, each with its heading. */
const rows = document.split(/^#+ /m).flatMap((section) => {
  const [header, , ...lines] = section.split('\n').filter((line) => line.startsWith('|'));
  const heading = section.slice(0, section.indexOf('\n'));
  return lines.map((line) => ({ heading, header: cells(header ?? ''), cells: cells(line) }));
});

const cellOf = (row: (typeof rows)[number], column: string) => row.cells[columns.indexOf(column)] ?? '';

const isCommand = (code: string) => /^p?npm /.test(code);
const isPath = (code: string) => /^[\w.@-]+(\/[\w.@-]+)+$|^\w+\.\w+$/.test(code);

interface Claim {
  kind: 'path' | 'command' | 'name' | 'title';
  text: string;
  /** The preceding path in the same cell. */
  path: string | undefined;
}

/** The names in a text, in order: code in backticks, and test titles in quotation marks. */
function claimsOf(text: string): Claim[] {
  let path: string | undefined;
  return [...text.matchAll(/`([^`]+)`|“([^”]+)”/g)].map(([, code = '', title]) => {
    if (title !== undefined) return { kind: 'title', text: title, path };
    if (isCommand(code)) return { kind: 'command', text: code, path };
    if (!isPath(code)) return { kind: 'name', text: code, path };
    path = code;
    return { kind: 'path', text: code, path };
  });
}

const prose = document.split('\n').filter((line) => !line.startsWith('|'));
const claims = [...prose, ...rows.flatMap((row) => row.cells)].flatMap(claimsOf);
const textsOf = (kind: Claim['kind']) => claims.filter((claim) => claim.kind === kind).map(({ text }) => text);

/** A quoted string in the source, so that part of a title does not match. */
const holdsTitle = (path: string, title: string) => ["'", '"', '`'].some((quote) => read(path).includes(`${quote}${title}${quote}`));

it('each requirement has one row, in its own table', () => {
  const listed = rows.map((row) => `${row.heading}: ${cellOf(row, 'Id')}`);
  const stated = Object.entries(required).flatMap(([heading, ids]) => ids.map((id) => `${heading}: ${id}`));
  expect(listed.toSorted()).toEqual(stated.toSorted());
});

it('each requirement that the specification names has a row', () => {
  const named = read(`${folder}/schema.md`).match(/\b(?:FR|SC)-\d{3}\b|\b(?:US|EC)-\d\b/g) ?? [];
  const listed = rows.map((row) => cellOf(row, 'Id'));
  expect(named.filter((id) => !listed.includes(id))).toEqual([]);
});

it('each row is complete and has a status, and a figure has its source', () => {
  for (const row of rows) {
    const id = cellOf(row, 'Id');
    expect(row.header, id).toEqual(columns);
    expect(row.cells, id).toHaveLength(columns.length);
    expect(row.cells, id).not.toContain('');
    expect(cellOf(row, 'Status'), id).toMatch(/^(Met|Partly met|Not met)\b.*\.$/);
    expect(cellOf(row, 'Figure'), id).toMatch(/^Not measured$|\d.*`docs\/(reliability\.md|benchmarks\/|decisions\/|operations\.md)/);
    expect(cellOf(row, 'Proved by'), id).toMatch(/“[^”]+”|^No test\b/);
  }
});

it('paths and links lead to files', () => {
  const linked = [...document.matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map(([, target = '']) => join(folder, target));
  expect(textsOf('path')).not.toEqual([]);
  expect([...textsOf('path'), ...linked].filter((path) => !exists(path))).toEqual([]);
});

it('each title is that of a test in the file before it', () => {
  const titles = claims.filter(({ kind }) => kind === 'title');
  expect(titles).not.toEqual([]);
  expect(titles.filter(({ text, path }) => !path?.endsWith('.test.ts') || !exists(path) || !holdsTitle(path, text))).toEqual([]);
});

it('each name of a function, type, table or rule is in the file before it', () => {
  const names = rows.flatMap((row) => claimsOf(cellOf(row, 'Built in'))).filter(({ kind }) => kind === 'name');
  expect(names).not.toEqual([]);
  expect(names.filter(({ text, path }) => !path || !exists(path) || !read(path).includes(text))).toEqual([]);
});

it('commands are scripts of package.json or commands of pnpm db', () => {
  const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(read('package.json')));
  const usage = spawnSync(process.execPath, ['packages/ops/src/cli.ts'], { cwd: root, encoding: 'utf8' }).stderr;
  const wrong = textsOf('command').filter((command) => {
    const [script = '', argument = ''] = command.split(' ').slice(command.startsWith('npm run ') ? 2 : 1);
    return !(script in scripts) || (script === 'db' && !new RegExp(`^ {2}${argument} `, 'm').test(usage));
  });
  expect(textsOf('command')).not.toEqual([]);
  expect(wrong).toEqual([]);
});

it('the numbers of a figure are in the documents it names', () => {
  const figures = rows.map((row) => cellOf(row, 'Figure')).filter((figure) => figure !== 'Not measured');
  const missing = figures.flatMap((figure) => {
    const sources = claimsOf(figure).flatMap(({ kind, text }) => (kind === 'path' && exists(text) ? [read(text)] : []));
    const numbers = figure.replace(/`[^`]*`/g, '').match(/\d+(?:[.,-]\d+)*/g) ?? [];
    return numbers.filter((number) => !sources.some((source) => new RegExp(`(?<![\\d.,])${number.replaceAll('.', '\\.')}(?![\\d]|[.,]\\d)`).test(source)));
  });
  expect(missing).toEqual([]);
});
