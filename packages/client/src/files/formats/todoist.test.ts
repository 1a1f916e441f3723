import { describe, expect, it } from 'vitest';
import { readTaskFile } from '../../import.ts';

const rows = (file: string) => readTaskFile(file).tasks.map(({ title, description, completedAt }) => ({ title, description, completedAt }));
const titles = (file: string) => readTaskFile(file).tasks.map(({ title }) => title);
const ids = (file: string, list?: string) => readTaskFile(file, { name: list }).tasks.map(({ id }) => id);

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
      { title: 'Fix the tap', description: 'Washer, worn\n\n2026-01-01: Called the plumber,\nno answer\n\nAgain\n\nDate: every friday', completedAt: null },
      { title: 'Buy a washer', description: 'M8', completedAt: null },
    ]);
    expect(readTaskFile(project)).toMatchObject({ problems: [], ignored: ['AUTHOR'] });
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
      { line: 4, message: 'The title is missing.' },
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
    const { tasks, problems } = readTaskFile(file(...lines));
    expect(tasks.map(({ title, description }) => [title, description])).toEqual([
      ['Water', 'Daily\n\nEvenings'],
      ['Tap', ''],
      ['Sink', ''],
    ]);
    expect(problems).toEqual([
      { line: 4, message: 'The row has more cells than the header.' },
      { line: 7, message: 'This comment belongs to no task.' },
      { line: 9, message: 'The row has more cells than the header.' },
      { line: 10, message: 'This comment belongs to a row that cannot be imported.' },
      { line: 12, message: 'TYPE must be task, note, section or meta, not "".' },
      { line: 13, message: 'This comment belongs to a row that cannot be imported.' },
    ]);
  });
});
