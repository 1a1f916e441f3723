import { describe, expect, it } from 'vitest';
import { readTaskFile, TodoError } from './index.ts';

const NO_TIME = 'completedAt must be a real date, such as 2026-01-31, or a time with its offset, such as 2026-01-31T12:00:00Z.';
const refused = (message: RegExp) => expect.objectContaining({ name: 'TodoError', reason: 'INVALID_INPUT', message: expect.stringMatching(message) });
const rows = (file: string) => readTaskFile(file).tasks.map(({ title, description, completedAt }) => ({ title, description, completedAt }));
const titles = (file: string, list?: string) => readTaskFile(file, list).tasks.map(({ title }) => title);
const ids = (file: string, list?: string) => readTaskFile(file, list).tasks.map(({ id }) => id);

describe('a CSV file', () => {
  it('needs a column title, takes description, completedAt and id, and names what it has no place for', () => {
    const id = '0190B6E4-7C1F-7000-8000-000000000000';
    const file = `\ufeffId,Title,Description,completedAt,Due,Empty\r\n${id},"Buy ""milk"", now","Two\r\nlitres",2026-01-01T12:00:00+02:00,soon,\r\n,Bread,,2026-01-02,,\r\n`;
    expect(readTaskFile(file)).toEqual({
      tasks: [
        { id: id.toLowerCase(), title: 'Buy "milk", now', description: 'Two\nlitres', completedAt: '2026-01-01T10:00:00.000Z' },
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
    expect(ids('title,completedAt\nMilk,yesterday\nMilk,\n')).toEqual([milk]);
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
      ',,,8',
      'Fine',
    ];
    const { tasks, problems } = readTaskFile(lines.join('\n'));
    expect(tasks.map(({ title }) => title)).toEqual(['Over\ntwo lines', cheese, 'Fine']);
    expect(problems.map(({ line, message }) => [line, message])).toEqual([
      [4, 'The title must not be blank.'],
      [5, 'The title must have at most 500 characters.'],
      [7, 'The description must have at most 10000 characters.'],
      [9, NO_TIME],
      [10, NO_TIME],
      [11, 'The title contains invalid characters (NUL or unpaired surrogates).'],
      [12, 'The id must be a UUID.'],
      [13, 'The row has more cells than the first line has columns.'],
      [14, 'The id must be a UUID. The title must not be blank.'],
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

  it('has no times that do not exist', () => {
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
    expect(readTaskFile('title,Label,Label,,\nMilk,dairy,,2,\n')).toMatchObject({ tasks: [{ title: 'Milk' }], problems: [], ignored: ['Label', 'column 4'] });
    expect(readTaskFile('title,Label,Label\nMilk,,dairy\n').ignored).toEqual(['Label']);
  });

  it('keeps the ids of files that were read by earlier versions', () => {
    expect(ids('title,description\nCaf\u00e9,"Two\nlitres"\nCaf\u00e9,"Two\nlitres"\n Milk ,\n', 'K\u00fcche.csv')).toEqual([
      '1a30b779-ee28-5db8-8ddc-1dc1d1090946',
      '23ceeac6-f8e8-52a5-95a5-94b00eaf9e88',
      '7468bcf9-c1e2-58d1-b151-7c7cfc67bba0',
    ]);
    expect(ids('TYPE,CONTENT,DESCRIPTION\ntask,Tap,Washer\nnote,Called,\n', 'home.csv')).toEqual(['89e48754-b034-5853-b756-fff58704ff5e']);
  });

  it('gives the same tasks with other line ends, and with accents apart', () => {
    const file = 'title;description\nCaf\u00e9;"Two\nlitres "\n';
    const read = readTaskFile(file, 'K\u00fcche.csv');
    expect(read.tasks).toMatchObject([{ title: 'Caf\u00e9', description: 'Two\nlitres ' }]);
    for (const form of [file.replaceAll('\n', '\r\n'), file.replaceAll('\n', '\r'), file.normalize('NFD')])
      expect(readTaskFile(form, 'Ku\u0308che.csv')).toEqual(read);
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
    ['name,text\nMilk,', /first line.*title.*TYPE and CONTENT/],
    ['title,"description\nMilk,\n', /header.*A quoted cell is never closed, so lines 1 to 2/],
  ];
  it.each(nothing)('that is %j is refused as a whole', (file, message) => {
    expect(() => readTaskFile(file)).toThrow(refused(message));
    expect(() => readTaskFile(file)).toThrow(TodoError);
  });
});

describe('an export', () => {
  const id = '0190b6e4-7c1f-7000-8000-000000000000';
  const file = (...tasks: unknown[]) => JSON.stringify({ format: 'todo-export', version: 1, upto: 1, tasks, history: [] });

  it('may leave out what has a default, and be older or newer by a field', () => {
    expect(readTaskFile(`\ufeff${file({ id: id.toUpperCase(), title: 'Caf\ufffd e\u0301\r\n', dueDate: '2026-01-01', color: null, version: 3 })}`)).toEqual({
      tasks: [{ id, title: 'Caf\ufffd e\u0301\r\n', description: '', completedAt: null }],
      problems: [],
      ignored: ['dueDate'],
    });
  });

  it('has each task checked, and gives the others', () => {
    const other = '0190b6e4-7c1f-7000-8000-000000000001';
    const bad = [null, 'Milk', [], { id, title: 7 }, { id }, { id, title: 'Half \ud83e' }, { id, title: 'a', description: 1 }, { id: 'x', title: 'a' }];
    const late = { id: other, title: 'a', completedAt: '2026-02-30T00:00:00.000Z' };
    const { tasks, problems } = readTaskFile(file(...bad, late, { id, title: 'Milk' }, { id, title: 'Milk' }));
    expect(tasks).toEqual([{ id, title: 'Milk', description: '', completedAt: null }]);
    expect(problems.map(({ message }) => message)).toEqual([
      'Task 1: The task must be an object.',
      'Task 2: The task must be an object.',
      'Task 3: The task must be an object.',
      'Task 4: The title must be text.',
      'Task 5: The title must not be blank.',
      'Task 6: The title contains invalid characters (NUL or unpaired surrogates).',
      'Task 7: The description must be text.',
      'Task 8: The id must be a UUID.',
      `Task 9: ${NO_TIME}`,
      'Task 11: The id must not repeat an earlier one.',
    ]);
    expect(problems.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 11]);
  });

  it('takes every id that the server takes', () => {
    const given = ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff', id];
    expect(ids(file(...given.map((one) => ({ id: one, title: 'Milk' }))))).toEqual(given);
  });

  const whole: [string, RegExp][] = [
    [file({ id, title: 'Milk' }).slice(0, -1), /not valid JSON.*cut off/],
    ['{"format":"todo-export","version":2,"tasks":[]}', /version 2/],
    ['{"format":"todo-export","version":1}', /damaged/],
    ['{"format":"todo-export","version":1,"tasks":{"a":1}}', /damaged/],
    ['{"format":"other","tasks":[]}', /not an export of Todo/],
    ['[1]', /not an export of Todo/],
  ];
  it.each(whole)('that is %j is refused as a whole', (content, message) => {
    expect(() => readTaskFile(content)).toThrow(refused(message));
  });
});

describe('the encoding of a file', () => {
  const text = 'title,description\nCaf\u00e9,\ud83e\uddc0\n';
  const utf16 = (content: string, isLittle: boolean) => {
    const bytes = new DataView(new ArrayBuffer(content.length * 2));
    for (let i = 0; i < content.length; i += 1) bytes.setUint16(i * 2, content.charCodeAt(i), isLittle);
    return new Uint8Array(bytes.buffer);
  };
  const asUtf8 = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const latin = Uint8Array.from([...'title\nMilk\nCaf\u00e9\n'], (letter) => letter.charCodeAt(0));

  it('is told from its byte order mark', () => {
    const read = readTaskFile(text);
    expect(read.tasks).toMatchObject([{ title: 'Caf\u00e9', description: '\ud83e\uddc0' }]);
    const forms = [text, `\ufeff${text}`].map((form) => new TextEncoder().encode(form));
    for (const bytes of [...forms, utf16(`\ufeff${text}`, true), utf16(`\ufeff${text}`, false)]) expect(readTaskFile(bytes)).toEqual(read);
  });

  const wrong: [string, string | Uint8Array][] = [
    ['Latin-1', latin],
    ['Latin-1 that was read as UTF-8', asUtf8(latin)],
    ['UTF-16 that was read as UTF-8', asUtf8(utf16(`\ufeff${text}`, true))],
    ['UTF-16 without a mark', utf16(text, true)],
    ['UTF-16 without a mark that was read as UTF-8', asUtf8(utf16('title\nMilk\n', false))],
    ['JSON in UTF-16 that was read as UTF-8', asUtf8(utf16('{"format":"todo-export"}', true))],
    ['half a UTF-16 character', utf16('\ufefftitle\n\ud83e', true)],
  ];
  it.each(wrong)('is refused when it is %s', (_, file) => {
    expect(() => readTaskFile(file)).toThrow(refused(/^This file is not UTF-8/));
  });

  it('is known with bytes, so U+FFFD may be a character of the file; in a string it may not', () => {
    const file = 'title\r\nMilk\r\nCaf\ufffd\r\n';
    expect(readTaskFile(new TextEncoder().encode(file)).tasks).toMatchObject([{ title: 'Milk' }, { title: 'Caf\ufffd' }]);
    expect(() => readTaskFile(file)).toThrow(refused(/line 3 /));
  });
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
      { line: 3, message: 'TYPE must be task, note, section or meta, not "goal".' },
      { line: 4, message: 'The title must not be blank.' },
    ]);
  });

  it('adds a comment to no task but that above it', () => {
    const lines = [
      'task,Water,,,,,,,,,,,,,',
      'note,Daily,,,,,,,,,,,,,',
      'note,Broken,,,,,,,,,,,,,,more',
      'note,Evenings,,,,,,,,,,,,,',
      'section,Kitchen,,,,,,,,,,,,,',
      'note,Of the section,,,,,,,,,,,,,',
      'TASK,Tap,,,,,,,,,,,,,',
      'task,Broken,,,,,,,,,,,,,,more',
      'note,Of the broken task,,,,,,,,,,,,,',
      'task,Sink,,,,,,,,,,,,,',
      ',Untyped,,,,,,,,,,,,,',
      'note,Of the untyped row,,,,,,,,,,,,,',
    ];
    const { tasks, problems, ignored } = readTaskFile(file(...lines));
    expect(tasks.map(({ title, description }) => [title, description])).toEqual([
      ['Water', 'Daily\n\nEvenings'],
      ['Tap', ''],
      ['Sink', ''],
    ]);
    expect(problems).toEqual([
      { line: 4, message: 'The row has more cells than the first line has columns.' },
      { line: 7, message: 'This comment belongs to no task.' },
      { line: 9, message: 'The row has more cells than the first line has columns.' },
      { line: 10, message: 'This comment belongs to a row that cannot be imported.' },
      { line: 12, message: 'TYPE must be task, note, section or meta, not "".' },
      { line: 13, message: 'This comment belongs to a row that cannot be imported.' },
    ]);
    expect(ignored).toEqual(['section']);
  });
});
