import { describe, expect, it } from 'vitest';
import { readTaskFile } from '../import.ts';
import { TodoError } from '../index.ts';

const NO_TIME = 'The completedAt must be a real date, such as 2026-01-31, or a time with its offset, such as 2026-01-31T12:00:00Z.';
const refused = (message: RegExp) => expect.objectContaining({ name: 'TodoError', reason: 'INVALID_INPUT', message: expect.stringMatching(message) });
const rows = (file: string) => readTaskFile(file).tasks.map(({ title, description, completedAt }) => ({ title, description, completedAt }));
const titles = (file: string, list?: string) => readTaskFile(file, { name: list }).tasks.map(({ title }) => title);
const ids = (file: string, list?: string) => readTaskFile(file, { name: list }).tasks.map(({ id }) => id);

describe('a CSV file', () => {
  it('needs a column title, takes description, completedAt and id, and names what it has no place for', () => {
    const id = '0190B6E4-7C1F-7000-8000-000000000000';
    const file = `\ufeffId,Title,Description,completedAt,Due,Empty,Shop\r\n${id},"Buy ""milk"", now","Two\r\nlitres",2026-01-01T12:00:00+02:00,soon,,\r\n,Bread,,2026-01-02,,,corner\r\n`;
    expect(readTaskFile(file)).toMatchObject({
      tasks: [
        { id: id.toLowerCase(), title: 'Buy "milk", now', description: 'Two\nlitres\n\nDue: soon', completedAt: '2026-01-01T10:00:00.000Z' },
        { id: expect.any(String), title: 'Bread', description: '', completedAt: '2026-01-02T00:00:00.000Z' },
      ],
      problems: [],
      notes: [{ line: 2, message: 'Due "soon" is not a date; it is kept in the description.' }],
      ignored: ['Shop'],
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
    expect(ids('title,completedAt\nMilk,yesterday\nMilk,\n')).toEqual([milk]);
  });

  it('names each bad row by its line, and takes the others', () => {
    const long = 'a'.repeat(501);
    const cheese = '🧀'.repeat(500);
    const lines = [
      'title,description,completedAt,id',
      '"Over\ntwo lines",,,0190b6e4-7c1f-7000-8000-000000000000',
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
      ',,,8',
      'Fine',
    ];
    const { tasks, problems } = readTaskFile(lines.join('\n'));
    expect(tasks.map(({ title }) => title)).toEqual(['Over\ntwo lines', cheese, 'Fine']);
    expect(problems.map(({ line, message }) => [line, message])).toEqual([
      [4, 'The title must not be blank.'],
      [5, 'The title must have at most 500 characters.'],
      [7, 'The description must have at most 10,000 characters.'],
      [9, NO_TIME],
      [10, NO_TIME],
      [11, 'The title must be well-formed text without NUL characters.'],
      [12, 'The id must be a UUID.'],
      [13, 'The row has more cells than the header.'],
      [14, 'The id must be a UUID. The title is missing.'],
    ]);
  });

  it('names the lines whose quotes are wrong', () => {
    const { tasks, problems } = readTaskFile('title\nMilk\n"Bread" and\n"Butter"\nCheese\n"Ham" only\n"\n"Eggs\nFlour\n');
    expect(tasks.map(({ title }) => title)).toEqual(['Milk', 'Cheese']);
    expect(problems).toEqual([
      { line: 3, message: 'A quoted cell has text after its closing quote, so lines 3 to 4 cannot be read.' },
      { line: 6, message: 'A quoted cell has text after its closing quote, so lines 6 to 7 cannot be read.' },
      { line: 8, message: 'A quoted cell is never closed, so lines 8 to 9 cannot be read.' },
    ]);
  });

  it('may have rows that end in different ways', () => {
    expect(rows('title,description\r\nMilk,1\nBread,2\rEggs,3\r\n').map(({ title, description }) => title + description)).toEqual(['Milk1', 'Bread2', 'Eggs3']);
  });

  it('rejects times that do not exist', () => {
    const times = ['2024-02-29', '2024-02-30', '2023-02-29', '2024-04-31T10:00:00Z', '2024-01-01T24:00:00Z'];
    const { tasks, problems } = readTaskFile(`title,completedAt\n${times.map((time) => `Milk,${time}`).join('\n')}`);
    expect(tasks.map(({ completedAt }) => completedAt)).toEqual(['2024-02-29T00:00:00.000Z']);
    expect(problems).toEqual([3, 4, 5, 6].map((line) => ({ line, message: NO_TIME })));
  });

  it('names a row whose id an earlier row has', () => {
    const id = '0190b6e4-7c1f-7000-8000-000000000000';
    const { tasks, problems } = readTaskFile(`id,title\n${id},Milk\n${id.toUpperCase()},Bread\n`);
    expect(tasks.map(({ title }) => title)).toEqual(['Milk']);
    expect(problems).toEqual([{ line: 3, message: 'The id must not repeat an earlier one.' }]);
  });

  it.each(['Title,Description,title\nMilk,,Bread', 'title,completedAt,COMPLETEDAT\nMilk,,', 'TYPE,CONTENT,Content\ntask,Milk,Bread'])(
    'that names a column twice is refused: %j',
    (file) => expect(() => readTaskFile(file)).toThrow(refused(/more than one column named "(title|COMPLETEDAT|Content)"/)),
  );

  it('may name twice a column that tasks have no place for, or give it no name', () => {
    expect(readTaskFile('title,Shop,Shop,,\nMilk,dairy,,2,\n')).toMatchObject({ tasks: [{ title: 'Milk' }], problems: [], ignored: ['Shop', 'column 4'] });
    expect(readTaskFile('title,Shop,Shop\nMilk,,dairy\n').ignored).toEqual(['Shop']);
  });

  it('keeps the ids of files that were read by earlier versions', () => {
    expect(ids('title,description\nCaf\u00e9,"Two\nlitres"\nCaf\u00e9,"Two\nlitres"\n Milk ,\n', 'K\u00fcche.csv')).toEqual([
      '1a30b779-ee28-5db8-8ddc-1dc1d1090946',
      '23ceeac6-f8e8-52a5-95a5-94b00eaf9e88',
      '7468bcf9-c1e2-58d1-b151-7c7cfc67bba0',
    ]);
    expect(ids('TYPE,CONTENT,DESCRIPTION\ntask,Tap,Washer\nnote,Called,\n', 'home.csv')).toEqual(['89e48754-b034-5853-b756-fff58704ff5e']);
    expect(ids('Folder Name,List Name,Title,Content\nHome,Garden,Tap,Washer\n')).toEqual(ids('Title\nTap\n'));
  });

  it('gives the same tasks with other line ends, and with accents apart', () => {
    const file = 'title;description\nCaf\u00e9;"Two\nlitres "\n';
    const read = readTaskFile(file, { name: 'K\u00fcche.csv' });
    expect(read.tasks).toMatchObject([{ title: 'Caf\u00e9', description: 'Two\nlitres ' }]);
    for (const form of [file.replaceAll('\n', '\r\n'), file.replaceAll('\n', '\r'), file.normalize('NFD')])
      expect(readTaskFile(form, { name: 'Ku\u0308che.csv' })).toEqual(read);
    expect(ids(file.replace('litres ', 'litres'))).not.toEqual(ids(file));
  });

  it('is split before its cells are normalized, which makes a semicolon of a Greek question mark', () => {
    expect(titles('title;description\nWhat\u037e;\n')).toEqual(['What;']);
  });

  const nothing: [string, RegExp][] = [
    ['', /^This file is empty\.$/],
    ['\ufeff\r\n \n', /^This file is empty\.$/],
    ['title,description\n', /^This file holds no tasks\.$/],
    ['title\n\n , \n', /^This file holds no tasks\.$/],
    ['TYPE,CONTENT\nsection,Kitchen\n', /^This file holds no tasks\.$/],
    ['shop,price\nMilk,', /first line.*title.*TYPE and CONTENT/],
    ['<p>title</p>\nMilk', /not of a kind/],
    ['title,"description\nMilk,\n', /header.*A quoted cell is never closed, so lines 1 to 2/],
  ];
  it.each(nothing)('that is %j is refused as a whole', (file, message) => {
    expect(() => readTaskFile(file)).toThrow(refused(message));
    expect(() => readTaskFile(file)).toThrow(TodoError);
  });
});
