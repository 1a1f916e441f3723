import type { TaskExport } from '@todo/contract';
import ICAL from 'ical.js';
import { RULE } from '../formats/vtodo.ts';
import { instantOf } from '../parsing/date-time.ts';
import { arrayOf, recordOf, textOf } from '../parsing/json.ts';

type Json = Record<string, unknown>;

const priorities: Record<string, number> = { low: 9, medium: 5, high: 1 };

const lines = (text: unknown) => textOf(text).replace(/\r\n?/g, '\n');

function add(component: ICAL.Component, name: string, value: string | number | ICAL.Time | undefined, parameters: Record<string, string> = {}): void {
  if (value === undefined || value === '') return;
  const property = new ICAL.Property(name);
  for (const [parameter, text] of Object.entries(parameters)) property.setParameter(parameter, text);
  property.setValue(value);
  component.addProperty(property);
}

/** A date, or a time in the zone; without a zone it is the time of day wherever its reader is. */
function addTime(component: ICAL.Component, name: string, date: unknown, time: unknown, zone: unknown): void {
  if (typeof date !== 'string') return;
  if (typeof time !== 'string') add(component, name, ICAL.Time.fromDateString(date));
  else add(component, name, ICAL.Time.fromDateTimeString(`${date}T${time}:00`), typeof zone === 'string' ? { tzid: zone } : {});
}

/** An instant to the second, as iCalendar has it. */
const instant = (text: unknown) => (typeof text === 'string' ? ICAL.Time.fromDateTimeString(`${text.slice(0, 19)}Z`) : undefined);

/** UNTIL has the form of DUE: a date for a date, a time for a time, in UTC if that has a zone (RFC 5545). */
function ruleOf({ recurrence, dueTime, timeZone }: Json): string {
  return textOf(recurrence).replace(/UNTIL=(\d{4})(\d\d)(\d\d)/, (until, year, month, day) => {
    if (typeof dueTime !== 'string') return until;
    const local = { date: `${year}-${month}-${day}`, time: dueTime, instant: undefined };
    const time = typeof timeZone === 'string' ? new Date(instantOf(local, timeZone)).toISOString().slice(0, 19) : `${local.date}T${dueTime}:00`;
    return `UNTIL=${time.replace(/[-:]/g, '')}${typeof timeZone === 'string' ? 'Z' : ''}`;
  });
}

function todoOf(task: Json): ICAL.Component {
  const todo = new ICAL.Component('vtodo');
  add(todo, 'uid', textOf(task.id));
  add(todo, 'dtstamp', instant(task.updatedAt));
  add(todo, 'created', instant(task.createdAt));
  add(todo, 'last-modified', instant(task.updatedAt));
  add(todo, 'summary', lines(task.title));
  add(todo, 'description', lines(task.description));
  add(todo, 'status', task.completedAt ? 'COMPLETED' : 'NEEDS-ACTION');
  const milliseconds = Number(textOf(task.completedAt).slice(20, 23));
  add(todo, 'completed', instant(task.completedAt), milliseconds > 0 ? { 'x-todo-ms': String(milliseconds) } : {});
  add(todo, 'priority', priorities[textOf(task.priority)]);
  // Start and end of a task have the same form (RFC 5545).
  addTime(todo, 'dtstart', task.startDate, typeof task.dueTime === 'string' ? '00:00' : undefined, task.timeZone);
  addTime(todo, 'due', task.dueDate, task.dueTime, task.timeZone);
  add(todo, RULE, ruleOf(task));
  add(todo, 'x-todo-repeat-from', task.repeatFrom === 'completion' ? 'completion' : undefined);
  add(todo, 'x-todo-position', textOf(task.position));
  add(todo, 'related-to', textOf(task.parentId), { reltype: 'PARENT' });
  // One property for each: ical.js does not tell where a value ends that ends with a backslash.
  for (const label of arrayOf(task.labels)) add(todo, 'categories', textOf(label));
  for (const minutes of arrayOf(task.reminders)) {
    const alarm = new ICAL.Component('valarm');
    add(alarm, 'action', 'DISPLAY');
    add(alarm, 'description', lines(task.title));
    const trigger = new ICAL.Property('trigger');
    trigger.setParameter('related', 'END');
    trigger.setValue(ICAL.Duration.fromSeconds(-60 * Number(minutes)));
    alarm.addProperty(trigger);
    todo.addSubcomponent(alarm);
  }
  return todo;
}

/**
 * The tasks of an export as calendars with tasks (VTODO), one for each list. What iCalendar has no property for stands in properties of ours, which other
 * programs leave alone: `readTaskFile` reads the tasks back as they were. Zones are named, not described.
 */
export function tasksToICalendar(document: TaskExport): string {
  const [all, known] = [document.tasks.map(recordOf), document.lists.map(recordOf)];
  const isElsewhere = (task: Json) => known.some(({ id }) => id === task.listId);
  const inbox = all.filter((task) => !isElsewhere(task));
  const calendarOf = (list: Json | undefined, members: Json[]) => {
    const calendar = new ICAL.Component('vcalendar');
    add(calendar, 'version', '2.0');
    add(calendar, 'prodid', '-//Todo//Todo//EN');
    if (list) {
      add(calendar, 'name', textOf(list.name));
      add(calendar, 'x-wr-calname', textOf(list.name));
      add(calendar, 'x-todo-list-id', textOf(list.id));
      add(calendar, 'x-apple-calendar-color', textOf(list.color));
      add(calendar, 'x-todo-archived', textOf(list.archivedAt));
    }
    for (const task of members) calendar.addSubcomponent(todoOf(task));
    return calendar.toString().replace(new RegExp(`^${RULE}:`, 'gim'), 'RRULE:');
  };
  const calendars = [
    ...(inbox.length > 0 || known.length === 0 ? [calendarOf(undefined, inbox)] : []),
    ...known.map((list) =>
      calendarOf(
        list,
        all.filter(({ listId }) => listId === list.id),
      ),
    ),
  ];
  return `${calendars.join('\r\n')}\r\n`;
}
