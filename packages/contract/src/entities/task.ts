import { assigned, defaulted, nullable, required } from '../fields.ts';
import {
  DESCRIPTION_MAX_CODE_POINTS,
  LABEL_MAX_CODE_POINTS,
  LABELS_MAX_PER_TASK,
  REMINDER_MAX_MINUTES,
  REMINDERS_MAX_PER_TASK,
  TITLE_MAX_CODE_POINTS,
} from '../limits.ts';
import { choice, date, minutes, names, position, recurrence, reference, text, timeOfDay, timestamp, timeZone } from '../values.ts';

export const task = {
  table: 'tasks',
  fields: {
    /** 1 to 500 characters, not blank. */
    title: required(text(TITLE_MAX_CODE_POINTS, { visible: true, searched: true })),
    /** At most 10,000 characters; '' unless given. */
    description: defaulted(text(DESCRIPTION_MAX_CODE_POINTS, { searched: true }), ''),
    priority: defaulted(choice(['none', 'low', 'medium', 'high']), 'none'),
    /** At most 20 names of 1 to 50 characters. A label exists while a task has it. */
    labels: defaulted(names(LABELS_MAX_PER_TASK, LABEL_MAX_CODE_POINTS), []),
    /** When work on it can begin. */
    startDate: nullable(date(), { writtenBy: 'edit' }),
    dueDate: nullable(date(), { writtenBy: 'edit' }),
    dueTime: nullable(timeOfDay(), { writtenBy: 'edit', requires: 'dueDate' }),
    /** The zone of `dueTime`; null for the zone its owner is in. */
    timeZone: nullable(timeZone(), { writtenBy: 'edit', requires: 'dueTime' }),
    /**
     * A recurrence rule of RFC 5545 on calendar dates, without BYHOUR and the like, BYWEEKNO, and times in UNTIL. COUNT is how often the task is still due. A rule
     * without days gets those of the due date, unless it recurs from its completion.
     */
    recurrence: nullable(recurrence(), { writtenBy: 'edit', requires: 'dueDate' }),
    /** Whether its next date is counted from its due date or from its completion. */
    repeatFrom: defaulted(choice(['due', 'completion']), 'due'),
    /** At most 5, in minutes before it is due: before `dueTime`, or else before the day begins. */
    reminders: defaulted(minutes(REMINDERS_MAX_PER_TASK, REMINDER_MAX_MINUTES), [], { requires: 'dueDate' }),
    /** The list that it is in; null for the inbox. */
    listId: nullable(reference('list'), { writtenBy: 'create' }),
    /** The task that it is part of, in the same list; null at the top level. At most 5 levels. */
    parentId: nullable(reference('task'), { writtenBy: 'create' }),
    /** Its place in its list and parent: tasks are in the order of their positions, then of their ids. At the end unless given. */
    position: assigned(position(), 'a0'),
    /** When it was completed; null while it is open. */
    completedAt: nullable(timestamp(), { writtenBy: 'import' }),
  },
};
