import { describe, expect, it } from 'vitest';
import { readTaskFile, TodoError } from './index.ts';

const rows = (file: string) => readTaskFile(file).tasks.map(({ title, description, completedAt }) => ({ title, description, completedAt }));
const titles = (file: string, list?: string) => readTaskFile(file, list).tasks.map(({ title }) => title);
const ids = (file: string, list?: string) => readTaskFile(file, list).tasks.map(({ id }) => id);

describe('a CSV file', () => {
  it('needs a column title, takes description, completedAt and id, and names what it has no place for', () => {
    const id = '0190B6E4-7C1F-7000-8000-000000000000';
    const file = `\ufeffId,Title,Description,completedAt,Due,Empty\r\n${id},"Buy ""milk"", now","Two\r\nlitres",2026-01-01T12:00:00+02:00,soon,\r\n,Bread,,2026-01-02,,\r\n`;
    expect(readTaskFile(file)).toEqual({
      tasks: [
        { id: id.toLowerCase(), title: 'Buy "milk", now', description: 'Two\r\nlitres', completedAt: '2026-01-01T10:00:00.000Z' },
        { id: expect.any(String), title: 'Bread', description: '', completedAt: '2026-01-02T00:00:00.000Z' },
      ],
      problems: [],
      ignored: ['Due'],
    });
  });

  it.each([';', '\t'])('may be separated by %j', (mark) => {
    expect(rows([`title${mark}description`, `Milk, bread${mark}Two`].join('\n'))).toEqual([{ title: 'Milk, bread', description: 'Two', completedAt: null }]);
  });

  it('gives a row the same id each time, wherever it stands, and no two rows one', () => {
    const file = 'title,description\nMilk,\nBread,\nMilk,\nMilk,Two';
    const [milk, bread, again, two] = ids(file);
    expect(new Set(ids(file)).size).toBe(4);
    expect(ids(file)).toEqual([milk, bread, again, two]);
    expect(ids('title,description,completedAt\nEggs,,\nMilk,Two,2026-01-01\nMilk,,\nMilk,,')).toEqual([expect.any(String), two, milk, again]);
    expect(ids(file, 'work').filter((id) => ids(file).includes(id))).toEqual([]);
    expect(ids(file, 'work')).toEqual(ids(file, 'work'));
    expect(ids('title\nMilk')).toEqual(['18028bf8-678d-5674-a7c8-e9f7bd17400d']);
  });

  it('names each bad row by its line, and takes the others', () => {
    const long = 'a'.repeat(501);
    const cheese = '🧀'.repeat(500);
    const lines = [
      'title,description,completedAt,id',
      '"Over\ntwo lines",,,',
      ' ,nothing,,',
      `${long},,,`,
      `${cheese},${'🧀'.repeat(10_000)},,`,
      `Long,${'b'.repeat(10_001)},,`,
      '',
      'Late,,yesterday,',
      'Later,,2026-13-01,',
      'Half \ud83e,,,',
      'Unknown,,,7',
      'Milk, bread, eggs, and more, unquoted',
      'Fine',
    ];
    const { tasks, problems } = readTaskFile(lines.join('\n'));
    expect(tasks.map(({ title }) => title)).toEqual(['Over\ntwo lines', cheese, 'Fine']);
    expect(problems.map(({ line, message }) => [line, message])).toEqual([
      [4, 'There is no title.'],
      [5, 'The title has more than 500 characters.'],
      [7, 'The description has more than 10000 characters.'],
      [9, 'completedAt is no time in ISO-8601.'],
      [10, 'completedAt is no time in ISO-8601.'],
      [11, 'The text contains invalid characters (NUL or unpaired surrogates).'],
      [12, 'The id is no UUID.'],
      [13, 'There are more cells than columns.'],
    ]);
  });

  it('names the row whose quote is never closed', () => {
    const { tasks, problems } = readTaskFile('title\nMilk\n"Bread\nEggs\n');
    expect(tasks.map(({ title }) => title)).toEqual(['Milk']);
    expect(problems).toEqual([{ line: 3, message: expect.stringMatching(/quote/i) }]);
  });

  it.each(['', 'name,text\nMilk,', '{"format":"todo-export","version":3,"tasks":[]}', '{"format":"other"}', '[1]', '{"format":"todo-export","version":1,'])(
    'that begins with %j is refused as a whole',
    (file) => {
      expect(() => readTaskFile(file)).toThrow(expect.objectContaining({ name: 'TodoError', reason: 'INVALID_INPUT' }));
      expect(() => readTaskFile(file)).toThrow(TodoError);
    },
  );
});

describe('a CSV file of Todoist', () => {
  const header =
    'TYPE,CONTENT,DESCRIPTION,IS_COLLAPSED,PRIORITY,INDENT,AUTHOR,RESPONSIBLE,DATE,DATE_LANG,TIMEZONE,DURATION,DURATION_UNIT,DEADLINE,DEADLINE_LANG';
  const file = (...lines: string[]) => [header, ...lines, ''].join('\r\n');

  it('becomes open tasks, with comments in their descriptions', () => {
    const project = file(
      'meta,view_style=list,,,,,,,,,,,,,',
      ',,,,,,,,,,,,,,',
      'section,Kitchen,,,,,,,,,,,,,',
      'task,Fix the tap @house,"Washer, worn",,1,1,Sam (1),,every friday,en,Europe/Berlin,,,,',
      'note,"Called the plumber,\nno answer",,,,,Sam (1),,2026-01-01,,,,,,',
      'note,Again,,,,,,,,,,,,,',
      'task,Buy a washer,,,4,2,Sam (1),,,,,,,,',
      'note,M8,,,,,,,,,,,,,',
    );
    expect(rows(project)).toEqual([
      { title: 'Fix the tap @house', description: 'Washer, worn\n\nCalled the plumber,\nno answer\n\nAgain', completedAt: null },
      { title: 'Buy a washer', description: 'M8', completedAt: null },
    ]);
    expect(readTaskFile(project)).toMatchObject({ problems: [], ignored: ['section', 'PRIORITY', 'INDENT', 'AUTHOR', 'DATE', 'DATE_LANG', 'TIMEZONE'] });
  });

  it('is read in its older form too, and equal tasks of two projects stay two', () => {
    const older = 'TYPE,CONTENT,PRIORITY,INDENT,AUTHOR,RESPONSIBLE,DATE,DATE_LANG,TIMEZONE\ntask,Review,1,1,,,,,\n';
    expect(titles(older)).toEqual(['Review']);
    expect(ids(older, 'home.csv')).not.toEqual(ids(older, 'work.csv'));
  });

  it('names what belongs to no task and what it does not know', () => {
    const { tasks, problems } = readTaskFile(file('note,Of the project,,,,,,,,,,,,,', 'goal,Win,,,,,,,,,,,,,', 'task,,,,,,,,,,,,,,', 'task,Fine,,,,,,,,,,,,,'));
    expect(tasks.map(({ title }) => title)).toEqual(['Fine']);
    expect(problems).toEqual([
      { line: 2, message: 'This comment belongs to no task.' },
      { line: 3, message: 'TYPE cannot be "goal".' },
      { line: 4, message: 'There is no title.' },
    ]);
  });
});
