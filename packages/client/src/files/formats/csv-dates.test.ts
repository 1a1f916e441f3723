import { describe, expect, it } from 'vitest';
import { show } from '../../testing/task-files.ts';
import { isAmbiguous, readTableDate } from './csv-dates.ts';

const shown = (text: string, dayFirst?: boolean) => {
  const at = readTableDate(text, dayFirst);
  return at && [at.date, at.time].filter(Boolean).join(' ');
};

describe('a date in a table', () => {
  it.each([
    ['03/04/2026', undefined, true],
    ['3-4-2026', undefined, true],
    ['03/04/2026 10:00', undefined, true],
    ['13/04/2026', '2026-04-13', false],
    ['04/13/2026', '2026-04-13', false],
    ['04/04/2026', '2026-04-04', false],
    ['3.4.2026', '2026-04-03', false],
    ['13.04.2026 9:05', '2026-04-13 09:05', false],
    ['2026-4-3', '2026-04-03', false],
    ['2026/04/03', '2026-04-03', false],
    ['2026/13/03', undefined, false],
    ['03/04/26', undefined, false],
    ['04.13.2026', undefined, false],
    ['31/04/2026', undefined, false],
    ['1764288000', undefined, false],
  ])('%s is %s without a choice', (text, date, ambiguous) => {
    expect(isAmbiguous(text)).toBe(ambiguous);
    if (!ambiguous) expect(shown(text)).toBe(date);
  });

  it.each([
    ['03/04/2026', '2026-04-03', '2026-03-04'],
    ['13/04/2026', '2026-04-13', undefined],
    ['04/13/2026', undefined, '2026-04-13'],
    ['3.4.2026', '2026-04-03', '2026-04-03'],
    ['2026-4-3', '2026-04-03', '2026-04-03'],
    ['3/4/2026 12:30 am', '2026-04-03 00:30', '2026-03-04 00:30'],
    ['3/4/2026, 1:30 PM', '2026-04-03 13:30', '2026-03-04 13:30'],
    ['3/4/2026 13:30 PM', undefined, undefined],
  ])('%s is %s with the day first, and %s with the month first', (text, dayFirst, monthFirst) => {
    expect([shown(text, true), shown(text, false)]).toEqual([dayFirst, monthFirst]);
  });

  it('that can be read in two ways forces a choice', () => {
    const file = 'Title;Due;Done\na;13/04/2026;\nb;03/04/2026;05/04/2026\nc;04/13/2026;\n';
    const choice = {
      reason: 'INVALID_INPUT',
      message: expect.stringMatching(/"03\/04\/2026" in line 3 can be read in two ways/),
      fields: { dayFirst: [expect.any(String)] },
    };
    expect(() => show(file)).toThrow(expect.objectContaining(choice));
    expect(show(file, { dayFirst: true })).toMatchObject({
      tasks: [
        { title: 'a', dueDate: '2026-04-13' },
        { title: 'b', dueDate: '2026-04-03', completedAt: '2026-04-05T00:00:00.000Z' },
        { title: 'c', description: 'Due: 04/13/2026' },
      ],
    });
    expect(show(file, { dayFirst: false }).tasks[1]).toMatchObject({ dueDate: '2026-03-04', completedAt: '2026-05-04T00:00:00.000Z' });
  });
});
