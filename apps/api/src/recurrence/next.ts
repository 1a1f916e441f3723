import { formatRecurrence, readRecurrence, selfContained, type Task } from '@todo/contract';
import { dateOf, dayOf, daysAfter } from './dates.ts';

type Recurring = Pick<Task, 'recurrence' | 'repeatFrom' | 'dueDate' | 'startDate'>;

/** What changes when a recurring task moves to its next date. */
export type Moved = Pick<Task, 'recurrence' | 'dueDate' | 'startDate'>;

/** Start and due date move together; a start before the year 1000 or after 9999 is none. */
function movedStart(startDate: string | null, days: number): string | null {
  const moved = startDate === null ? Number.NaN : dayOf(startDate) + days;
  return moved >= dayOf('1000-01-01') && moved <= dayOf('9999-12-31') ? dateOf(moved) : null;
}

/**
 * Moves a task to its next date, as seen on the date `on`: the first one of its rule after the due date and not before `on`. From completion the rule begins anew
 * on that date, and the next date is the first one after it. COUNT becomes less by each date that is passed. Null if the task does not recur, or the rule has ended.
 */
export function nextOccurrence(task: Recurring, on: string, from: Task['repeatFrom'] = task.repeatFrom): Moved | null {
  const read = readRecurrence(task.recurrence ?? '');
  if (!task.dueDate || !('rule' in read)) return null;
  const [due, today] = [dayOf(task.dueDate), dayOf(on)];
  const isFromDue = from === 'due';
  const [anchor, earliest] = isFromDue ? [due, Math.max(due + 1, today)] : [today, today + 1];
  const rule = selfContained(read.rule, isFromDue ? task.dueDate : on);
  const { count, until } = rule;
  let passed = 0;
  // With COUNT the dates that are passed over must be counted.
  for (const day of daysAfter(rule, anchor, isFromDue && count !== undefined ? due : earliest - 1)) {
    if ((until !== undefined && day > dayOf(until)) || (count !== undefined && passed + 1 >= count)) return null;
    if (day !== due) passed += 1;
    if (day < earliest || day === due) continue;
    const kept = task.repeatFrom === 'due' ? rule : read.rule;
    return {
      dueDate: dateOf(day),
      startDate: movedStart(task.startDate, day - due),
      recurrence: formatRecurrence({ ...kept, count: count === undefined ? undefined : count - passed }),
    };
  }
  return null;
}
