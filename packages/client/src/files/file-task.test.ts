import { describe, expect, it } from 'vitest';
import { readTaskFile } from '../import.ts';

const NO_TIME = 'The completedAt must be a real date, such as 2026-01-31, or a time with its offset, such as 2026-01-31T12:00:00Z.';
const refused = (message: RegExp) => expect.objectContaining({ name: 'TodoError', reason: 'INVALID_INPUT', message: expect.stringMatching(message) });
const ids = (file: string) => readTaskFile(file).tasks.map(({ id }) => id);

describe('an export', () => {
  const id = '0190b6e4-7c1f-7000-8000-000000000000';
  const file = (...tasks: unknown[]) => JSON.stringify({ format: 'todo-export', version: 1, upto: 1, tasks, history: [] });

  it('may omit fields with a default, and lack or add a field of another version', () => {
    expect(readTaskFile(`\ufeff${file({ id: id.toUpperCase(), title: 'Caf\ufffd e\u0301\r\n', assignee: 'Ben', color: null, version: 3 })}`)).toMatchObject({
      tasks: [{ id, title: 'Caf\ufffd \u00e9\r\n', description: '', completedAt: null }],
      problems: [],
      ignored: ['assignee'],
    });
  });

  it('has each task checked, and gives the others', () => {
    const other = '0190b6e4-7c1f-7000-8000-000000000001';
    const bad = [null, 'Milk', [], { id, title: 7 }, { id }, { id, title: 'Half \ud83e' }, { id, title: 'a', description: 1 }, { id: 'x', title: 'a' }];
    const late = { id: other, title: 'a', completedAt: '2026-02-30T00:00:00.000Z' };
    const { tasks, problems } = readTaskFile(file(...bad, late, { id, title: 'Milk' }, { id, title: 'Milk' }));
    expect(tasks).toMatchObject([{ id, title: 'Milk', description: '', completedAt: null }]);
    expect(problems.map(({ message }) => message)).toEqual([
      'Task 1: The task must be an object.',
      'Task 2: The task must be an object.',
      'Task 3: The task must be an object.',
      'Task 4: The title must be text.',
      'Task 5: The title is missing.',
      'Task 6: The title must be well-formed text without NUL characters.',
      'Task 7: The description must be text.',
      'Task 8: The id must be a UUID.',
      `Task 9: ${NO_TIME}`,
      'Task 11: The id must not repeat an earlier one.',
    ]);
    expect(problems.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 11]);
  });

  it('without tasks is valid, and has a problem that says so', () => {
    expect(readTaskFile(file())).toEqual({
      kind: 'todo',
      lists: [],
      tasks: [],
      problems: [{ line: 0, message: 'This export holds no lists and no tasks.' }],
      notes: [],
      ignored: [],
    });
  });

  it('takes every id that the server takes', () => {
    const given = ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff', id];
    expect(ids(file(...given.map((one) => ({ id: one, title: 'Milk' }))))).toEqual(given);
  });

  const whole: [string, RegExp][] = [
    [file({ id, title: 'Milk' }).slice(0, -1), /not valid JSON.*incomplete/],
    ['{"format":"todo-export","version":4,"tasks":[]}', /version 4/],
    ['{"format":"todo-export","version":1}', /damaged/],
    ['{"format":"todo-export","version":1,"tasks":{"a":1}}', /damaged/],
    ['{"format":"other","tasks":[]}', /not of a kind that can be read/],
    ['[1]', /not of a kind that can be read/],
  ];
  it.each(whole)('that is %j is refused as a whole', (content, message) => {
    expect(() => readTaskFile(content)).toThrow(refused(message));
  });
});
