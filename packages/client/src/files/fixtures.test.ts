import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TodoError } from '../index.ts';
import { show } from '../testing/task-files.ts';

const home = join(import.meta.dirname, '..', '..');
const folder = join(home, 'fixtures');
const names = readdirSync(folder)
  .filter((name) => name !== 'expected.json')
  .sort();
const expected: Record<string, unknown> = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'));

/** What became of a file, or why it is refused. */
function outcome(name: string): ReturnType<typeof show> | string {
  try {
    return show(readFileSync(join(folder, name)), { name });
  } catch (error) {
    if (error instanceof TodoError && error.reason === 'INVALID_INPUT') return error.message;
    throw error;
  }
}

const counted = (count: number, name: string) => (count === 0 ? [] : [`${count} ${name}${count === 1 ? '' : 's'}`]);

/** The row of the table in docs/imports.md. */
function row(name: string): string {
  const read = outcome(name);
  if (typeof read === 'string') return `| \`${name}\` | | refused | ${read} |`;
  const made = [...counted(read.tasks.length, 'task'), ...counted(read.lists.length, 'list')];
  const told = [...counted(read.problems.length, 'problem'), ...counted(read.notes.length, 'note'), ...read.ignored.map((each) => `ignores ${each}`)];
  return `| \`${name}\` | ${read.kind} | ${made.join(', ') || 'nothing'} | ${told.join(', ')} |`;
}

describe('a file in the folder of examples', () => {
  it.each(names)('%s becomes what is expected of it', (name) => {
    expect(JSON.parse(JSON.stringify(outcome(name)))).toEqual(expected[name]);
  });

  it('has a row in docs/imports.md that says what becomes of it', () => {
    const document = readFileSync(join(home, '..', '..', 'docs', 'imports.md'), 'utf8');
    const [, table = ''] = document.split('## What became of the examples');
    expect(table.split('\n').filter((line) => line.startsWith('| `'))).toEqual(names.map(row));
  });

  it('gives the same tasks each time, and other line ends or another Unicode form change nothing', () => {
    const read = (text: string, name: string) => {
      const { tasks, lists } = show(text, { name, withIds: true });
      return { lists, tasks: tasks.map(({ id, ...task }) => [id, task.title]) };
    };
    const texts = names.flatMap((name) => {
      const text = readFileSync(join(folder, name), 'utf8');
      return typeof outcome(name) === 'string' || /[\0\ufffd]/.test(text) ? [] : [{ name, text }];
    });
    expect(texts.length).toBeGreaterThan(40);
    for (const { name, text } of texts) {
      const plain = text.replace(/\r\n?/g, '\n');
      const first = read(text, name);
      for (const form of [
        text,
        plain,
        plain.replaceAll('\n', '\r\n'),
        plain.replaceAll('\n', '\r'),
        text.normalize('NFD'),
        `\ufeff${text.replace(/^\ufeff/, '')}`,
      ])
        expect({ name, ...read(form, name.normalize('NFD')) }).toEqual({ name, ...first });
    }
  });
});

it('the work grows with the number of tasks, not faster', () => {
  const file = (count: number) =>
    JSON.stringify(
      Array.from({ length: count }, (_, i) => ({
        uuid: `3f1c0d5e-0000-4000-8000-${String(i).padStart(12, '0')}`,
        description: `Task ${i}`,
        project: `P${i % 50}`,
      })),
    );
  const work = (count: number) => {
    const text = file(count);
    const before = process.cpuUsage();
    expect(show(text).tasks).toHaveLength(count);
    return process.cpuUsage(before).user;
  };
  work(1_000);
  const few = Math.min(...[1, 2, 3].map(() => work(1_000)));
  expect(work(20_000)).toBeLessThan(few * 100);
});
