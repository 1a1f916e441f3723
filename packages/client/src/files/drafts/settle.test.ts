import { describe, expect, it } from 'vitest';
import { readTaskFile } from '../../import.ts';
import { show } from '../../testing/task-files.ts';

const google = (...items: object[]) =>
  JSON.stringify({ kind: 'tasks#tasks', id: 'L', title: 'Home', items: items.map((item, i) => ({ id: `t${i}`, ...item })) });

describe('values that a task cannot have', () => {
  it('become text: labels beyond 20, of more than 50 characters, and a title of more than 500', () => {
    const tags = [...Array.from({ length: 21 }, (_, i) => `tag${i}`), 'TAG1', 'x'.repeat(51)];
    const task = { uuid: '3f1c0d5e-0000-4000-8000-000000000001', description: `${'🧀'.repeat(500)}!`, tags };
    const { tasks, notes } = show(JSON.stringify([task]));
    expect(tasks).toEqual([
      {
        title: `${'🧀'.repeat(499)}…`,
        description: `Labels: tag20, ${'x'.repeat(51)}\nTitle: ${task.description}`,
        labels: tags.slice(0, 20),
      },
    ]);
    expect(notes).toEqual([
      expect.stringMatching(/^Task 1: Labels .* cannot be labels: a task has at most 20/),
      expect.stringMatching(/^Task 1: Title .* is too long for a title/),
    ]);
  });

  it('become text: reminders beyond 5 or after the task is due, and a rule without a due date', () => {
    const alarm = (minutes: number) => `BEGIN:VALARM\nTRIGGER;RELATED=END:-PT${minutes}M\nEND:VALARM`;
    const todo = (...lines: string[]) => `BEGIN:VCALENDAR\nBEGIN:VTODO\n${lines.join('\n')}\nEND:VTODO\nEND:VCALENDAR\n`;
    expect(show(todo('SUMMARY:Six', 'DUE:20261201T090000', ...[6, 5, 4, 3, 2, 1].map(alarm))).tasks).toEqual([
      { title: 'Six', description: 'Reminders: 6 minutes before', dueDate: '2026-12-01', dueTime: '09:00', reminders: [1, 2, 3, 4, 5] },
    ]);
    expect(show(todo('SUMMARY:None', 'RRULE:FREQ=DAILY', alarm(5))).tasks).toEqual([{ title: 'None', description: 'Reminder: -PT5M\nRecurrence: FREQ=DAILY' }]);
  });

  it.each([
    ['DUE;TZID=Europe/Berlin:20261201T090000', '20261231T075959Z', '20261230'],
    ['DUE;TZID=Europe/Berlin:20261201T090000', '20261231T080000Z', '20261231'],
    ['DUE:20261201T090000', '20261231T235959', '20261231'],
    ['DUE;VALUE=DATE:20261201', '20261231T230000Z', '20270101'],
    ['DUE;VALUE=DATE:20261201', '20261231', '20261231'],
  ])('a rule of a task that is %s and ends at %s is due for the last time on %s', (due, until, last) => {
    const todo = `BEGIN:VCALENDAR\nBEGIN:VTODO\nSUMMARY:a\n${due}\nRRULE:UNTIL=${until};FREQ=DAILY\nEND:VTODO\nEND:VCALENDAR\n`;
    expect(show(todo)).toMatchObject({ tasks: [{ recurrence: `FREQ=DAILY;UNTIL=${last}` }], notes: [] });
  });

  it('become text if the contract refuses them, with those that need them', () => {
    const { tasks, notes } = show(
      'title,due,time,zone,repeat,repeatFrom\na,2026-12-01,9:30,Mars/Base,weekly,never\nb,2026-12-01,25:00,Europe/Lisbon,FREQ=DAILY,completion\n',
    );
    expect(tasks).toEqual([
      { title: 'a', description: 'Time zone: Mars/Base\nRecurrence: weekly\nRepeats from: never', dueDate: '2026-12-01', dueTime: '09:30' },
      { title: 'b', description: 'Time: 25:00\nTime zone: Europe/Lisbon', dueDate: '2026-12-01', recurrence: 'FREQ=DAILY', repeatFrom: 'completion' },
    ]);
    expect(notes).toHaveLength(5);
  });

  it('are problems where the task would be another one', () => {
    const { tasks, problems } = show(google({ title: 'Half \ud83e' }, { title: '\u200b' }, { title: 'Long', notes: 'x'.repeat(10_001) }, { title: 'Fine' }));
    expect(tasks).toEqual([{ title: 'Fine', in: 'Home' }]);
    expect(problems).toEqual([
      'Task 1: The title must be well-formed text without NUL characters.',
      'Task 2: The title must not be blank.',
      'Task 3: The description must have at most 10,000 characters.',
    ]);
  });
});

describe('the tree of a file', () => {
  it('has at most five levels, and deeper tasks are on the fifth', () => {
    const chain = Array.from({ length: 8 }, (_, i) => ({ title: `Level ${i + 1}`, ...(i > 0 ? { parent: `t${i - 1}` } : {}) }));
    const { tasks, notes } = show(google(...chain.toReversed().map((task, i) => ({ ...task, id: `t${7 - i}` }))));
    const below = new Map(tasks.map(({ title, ...task }) => [title, 'below' in task ? task.below : undefined]));
    expect([...below]).toEqual([
      ['Level 1', undefined],
      ['Level 2', 'Level 1'],
      ['Level 3', 'Level 2'],
      ['Level 4', 'Level 3'],
      ['Level 5', 'Level 4'],
      ['Level 6', 'Level 4'],
      ['Level 7', 'Level 4'],
      ['Level 8', 'Level 4'],
    ]);
    expect(notes).toHaveLength(3);
  });

  it('ends circles of any length, keeps what hangs on them, and survives 10,000 levels', () => {
    const { tasks, notes } = show(
      google({ title: 'Own', parent: 't0' }, { title: 'a', parent: 't2' }, { title: 'b', parent: 't1' }, { title: 'below b', parent: 't2' }),
    );
    expect(tasks.map((task) => [task.title, 'below' in task ? task.below : ''])).toEqual([
      ['Own', ''],
      ['a', ''],
      ['b', 'a'],
      ['below b', 'b'],
    ]);
    expect(notes).toHaveLength(2);
    const deep = Array.from({ length: 10_000 }, (_, i) => ({ title: `${i}`, parent: `t${i + 1}` }));
    expect(readTaskFile(google(...deep)).tasks).toHaveLength(10_000);
  });

  it('puts a task into the list of its parent', () => {
    const tasks = [
      { uuid: '3f1c0d5e-0000-4000-8000-000000000001', description: 'x' },
      { uuid: '3f1c0d5e-0000-4000-8000-000000000002', description: 'y', project: 'Work' },
    ];
    expect(show(JSON.stringify(tasks)).tasks).toEqual([{ title: 'x' }, { title: 'y', in: 'Work' }]);
    const todo = (uid: string, more = '') => `BEGIN:VTODO\nUID:${uid}\nSUMMARY:${uid}\n${more}END:VTODO\n`;
    const calendars = `BEGIN:VCALENDAR\nNAME:A\n${todo('a')}END:VCALENDAR\nBEGIN:VCALENDAR\nNAME:B\n${todo('b', 'RELATED-TO:a\n')}END:VCALENDAR\n`;
    expect(show(calendars)).toMatchObject({
      lists: ['A', 'B'],
      tasks: [
        { title: 'a', in: 'A' },
        { title: 'b', in: 'A', below: 'a' },
      ],
      notes: ['10: Its parent task is in another list, so it is there too.'],
    });
  });
});

describe('an id', () => {
  const ids = (file: string, name?: string) => readTaskFile(file, { name }).tasks.map(({ id }) => id);

  it('follows the id of the product, so that a task is known after it was changed there', () => {
    const [first] = ids(google({ title: 'Milk' }));
    expect(ids(google({ title: 'Bread', notes: 'Two', due: '2026-11-05T00:00:00.000Z' }))).toEqual([first]);
    expect(ids(google({ title: 'Milk', id: 'other' }))).not.toEqual([first]);
  });

  it('follows the content where the product has no lasting id, and equal tasks stay apart', () => {
    const row = (title: string, id: number) =>
      `"","","${title}","TEXT","","","N","","","","","0","0","2026-05-30T08:00:00+0000","","0","UTC","","false",,,"list","${id}",""`;
    const header =
      '"Folder Name","List Name","Title","Kind","Tags","Content","Is Check list","Start Date","Due Date","Reminder","Repeat","Priority","Status","Created Time","Completed Time","Order","Timezone","Is All Day","Is Floating","Column Name","Column Order","View Mode","taskId","parentId"';
    const preamble = '"Version: 7.1"';
    const first = ids([preamble, header, row('Milk', 1), row('Milk', 2), row('Bread', 3)].join('\n'));
    expect(new Set(first).size).toBe(3);
    expect(ids([preamble, header, row('Bread', 1), row('Milk', 5), row('Milk', 7)].join('\n'))).toEqual([first[2], first[0], first[1]]);
    expect(ids('(A) Milk @shop')).toEqual(ids('x 2026-11-29 Milk @shop pri:A'));
  });
});
