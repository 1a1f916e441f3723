import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { show } from '../../testing/task-files.ts';
import { ZIP_MAX_BYTES, ZIP_MAX_FILES } from './zip.ts';

const refused = (message: RegExp) => expect.objectContaining({ name: 'TodoError', reason: 'INVALID_INPUT', message: expect.stringMatching(message) });
const fixture = (name: string) => new Uint8Array(readFileSync(join(import.meta.dirname, '..', '..', '..', 'fixtures', name)));
const project = (...lines: string[]) => strToU8(['TYPE,CONTENT,INDENT', ...lines, ''].join('\n'));

describe('a ZIP archive', () => {
  it('of Todoist holds a project in each file', () => {
    const backup = {
      'Inbox [101].csv': project('task,Loose,1'),
      'Home [102].csv': project('task,Same,1', 'task,Below,2'),
      'Work [103].csv': project('task,Same,1', 'note,Read it,', 'goal,Win,'),
      '__MACOSX/._Work [103].csv': strToU8('x'),
      'Empty [104].csv': project(),
    };
    expect(show(zipSync(backup))).toEqual({
      kind: 'todoist',
      lists: ['Home', 'Work'],
      tasks: [
        { title: 'Same', in: 'Home' },
        { title: 'Below', in: 'Home', below: 'Same' },
        { title: 'Loose' },
        { title: 'Same', description: 'Read it', in: 'Work' },
      ],
      problems: ['Empty [104].csv: This file holds no tasks.', '4: Work [103].csv: TYPE must be task, note, section or meta, not "goal".'],
      notes: [],
      ignored: ['__MACOSX/._Work [103].csv'],
    });
  });

  it('of Vikunja or Google holds its tasks in one file', () => {
    const vikunja = { 'data.json': fixture('vikunja-data.json'), 'filters.json': strToU8('[]'), VERSION: strToU8('v1.0.0'), 'files/7': strToU8('x') };
    expect(show(zipSync(vikunja))).toMatchObject({
      kind: 'vikunja',
      lists: ['House'],
      tasks: [{ title: 'Fix tap' }],
      ignored: ['VERSION', 'files/7', 'filters.json'],
    });
    const google = { 'Takeout/archive_browser.html': strToU8('<p>'), 'Takeout/Tasks/Tasks.json': fixture('google-tasks.json') };
    expect(show(zipSync(google))).toMatchObject({ kind: 'google-tasks', tasks: [{ title: 'Renew card' }, { title: '(no title)' }] });
  });

  const bomb = () => zipSync({ 'a.csv': new Uint8Array(ZIP_MAX_BYTES / 2 + 1), 'b.csv': new Uint8Array(ZIP_MAX_BYTES / 2 + 1) });
  const many = () => zipSync(Object.fromEntries(Array.from({ length: ZIP_MAX_FILES + 1 }, (_, i) => [`${i}.csv`, strToU8('title\nMilk\n')])));
  const cut = () => zipSync({ 'a.csv': strToU8('title\nMilk\n') }).slice(0, 60);
  const several = () => zipSync({ 'a.csv': strToU8('title\nMilk\n'), 'b.txt': strToU8('(A) Milk\n') });
  const none = () => zipSync({ 'a.png': strToU8('x'), 'b.csv': strToU8('x,y\n1,2\n') });
  it.each([
    ['that unpacks to too much', bomb, /too large/],
    ['of too many files', many, /too large/],
    ['that was cut', cut, /damaged/],
    ['of files of several kinds', several, /several kinds: csv and todo.txt/],
    ['without a file of tasks', none, /no file that can be read. b.csv: /],
  ])('%s is refused', (_, make, message) => {
    expect(() => show(make())).toThrow(refused(message));
  });
});
