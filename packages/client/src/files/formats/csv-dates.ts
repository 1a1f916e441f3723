import { TodoError } from '../../transport/error.ts';
import { type DateTime, isDate, readDateTime } from '../parsing/date-time.ts';

const NUMBERS = /^(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})(?:[T ,]\s*(\d{1,2}):(\d\d)(?::\d\d)?\s*(am|pm)?)?$/i;

/** Whether day and month of a date could be either. */
export function isAmbiguous(text: string): boolean {
  const [, first = '', mark, second = '', year = ''] = NUMBERS.exec(text.trim()) ?? [];
  return mark !== '.' && year.length === 4 && Number(first) <= 12 && Number(second) <= 12 && first !== second && Number(first) !== Number(second);
}

/** A date in ISO 8601, or of three numbers with a year of four digits. With points the day is first; otherwise `dayFirst` says so where it could be either. */
export function readTableDate(text: string, dayFirst: boolean | undefined): DateTime | undefined {
  const iso = readDateTime(text);
  if (iso) return iso;
  const [, first = '', mark, second = '', third = '', hour, minute = '', half = ''] = NUMBERS.exec(text.trim()) ?? [];
  const isDayFirst = mark === '.' || Number(first) > 12 || (Number(second) <= 12 && dayFirst === true);
  const [year, month, day] = first.length === 4 ? [first, second, third] : isDayFirst ? [third, second, first] : [third, first, second];
  const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  if (
    mark === undefined ||
    !isDate(date) ||
    (dayFirst === false && isDayFirst && mark !== '.' && first.length !== 4) ||
    (dayFirst === true && !isDayFirst && first.length !== 4)
  )
    return undefined;
  if (hour === undefined) return { date, time: undefined, instant: undefined };
  const hours = half === '' ? Number(hour) : (Number(hour) % 12) + (half.toLowerCase() === 'pm' ? 12 : 0);
  if (hours > 23 || Number(minute) > 59 || (half !== '' && (Number(hour) < 1 || Number(hour) > 12))) return undefined;
  return { date, time: `${String(hours).padStart(2, '0')}:${minute}`, instant: undefined };
}

/** Throws INVALID_INPUT if one of the cells is a date whose day and month could be either, and nobody has said which it is. */
export function assertUnambiguous(cells: { line: number; text: string }[], dayFirst: boolean | undefined): void {
  const found = dayFirst === undefined ? cells.find(({ text }) => isAmbiguous(text)) : undefined;
  if (found)
    throw new TodoError(
      'INVALID_INPUT',
      `The date ${JSON.stringify(found.text.trim())} in line ${found.line} can be read in two ways. Choose whether the day or the month is first (dayFirst).`,
      {
        fields: { dayFirst: ['must say whether the day or the month is first in dates such as 03/04/2026'] },
      },
    );
}
