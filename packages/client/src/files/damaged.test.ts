import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { importTask } from '@todo/contract';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readTaskFile } from '../import.ts';
import { TodoError } from '../index.ts';

const folder = join(import.meta.dirname, '..', '..', 'fixtures');
const files = readdirSync(folder)
  .filter((name) => name !== 'expected.json')
  .map((name) => new Uint8Array(readFileSync(join(folder, name))));
const file = fc.constantFrom(...files);

/** What every file gives: a refusal, or tasks that the server takes, each after its parent. */
function assertSound(content: string | Uint8Array): void {
  let read: ReturnType<typeof readTaskFile>;
  try {
    read = readTaskFile(content, { timeZone: 'Europe/Berlin' });
  } catch (error) {
    if (error instanceof TodoError && error.reason === 'INVALID_INPUT') return;
    throw error;
  }
  const before = new Map<string, (typeof read.tasks)[number]>();
  const lists = new Set(read.lists.map(({ id }) => id));
  for (const { listId, parentId, ...task } of read.tasks) {
    expect(importTask.safeParse(task)).toMatchObject({ success: true, data: task });
    expect(before.has(task.id)).toBe(false);
    expect(listId === null || lists.has(listId)).toBe(true);
    expect(parentId === null || before.get(parentId)?.listId === listId).toBe(true);
    before.set(task.id, { ...task, listId, parentId });
  }
  expect(lists.size).toBe(read.lists.length);
  expect([...read.problems, ...read.notes].every(({ line, message }) => Number.isInteger(line) && message !== '')).toBe(true);
}

it('a file with damaged bytes is refused, or gives sound tasks', () => {
  const damage = fc.array(
    fc.tuple(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.oneof(fc.constantFrom(...[...'"\n,;{}[]:-0TZ=<'].map((mark) => mark.charCodeAt(0))), fc.integer({ min: 0, max: 255 })),
    ),
    {
      maxLength: 8,
    },
  );
  fc.assert(
    fc.property(file, damage, fc.double({ min: 0.3, max: 1, noNaN: true }), (bytes, places, end) => {
      const copy = bytes.slice(0, Math.ceil(bytes.length * end));
      for (const [place, byte] of places) copy[Math.floor(place * copy.length)] = byte;
      assertSound(copy);
    }),
    { numRuns: 1_500 },
  );
});

it('JSON with values of any other type is refused, or gives sound tasks', () => {
  const texts = files.map((bytes) => new TextDecoder().decode(bytes)).filter((text) => /^\s*[{[]/.test(text) && text.length > 100);
  const whole = texts.filter((text) => {
    try {
      return JSON.parse(text);
    } catch {
      return false;
    }
  });
  const replaced = (value: unknown, at: { left: number }, by: unknown): unknown => {
    at.left -= 1;
    if (at.left === 0) return by;
    if (Array.isArray(value)) return value.map((each) => replaced(each, at, by));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, replaced(each, at, by)]));
  };
  const other = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(1e300, -1, '2026-02-30', '9999-12-31T23:59:59Z', '0001-01-01T00:00:00Z', [null], [[]], [{}], {}),
  );
  fc.assert(
    fc.property(fc.constantFrom(...whole), fc.array(fc.tuple(fc.integer({ min: 1, max: 120 }), other), { minLength: 1, maxLength: 4 }), (text, changes) => {
      const content = changes.reduce((value, [place, by]) => replaced(value, { left: place }, by), JSON.parse(text));
      assertSound(JSON.stringify(content));
    }),
    { numRuns: 1_500 },
  );
});
