import ICAL from 'ical.js';
import { type Context, type Draft, keep, type Source } from '../drafts/draft.ts';
import { type DateTime, type Due, dueOf, instantOf, minutesBefore, readDateTime, timestampOf } from '../parsing/date-time.ts';
import { zoneOf } from '../parsing/zones.ts';

const KNOWN =
  'uid summary description due duration dtstart completed status percent-complete priority categories related-to recurrence-id url location comment'.split(' ');
const SILENT =
  'dtstamp created last-modified sequence class x-apple-sort-order x-todo-repeat-from x-todo-position x-todo-rrule x-apple-means-of-creation x-moz-lastack x-moz-generation'.split(
    ' ',
  );
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** 1 to 4 is high, 5 medium, 6 to 9 low (RFC 5545). */
const priorityOf = (value: number) => (value === 0 ? 'none' : value < 5 ? 'high' : value === 5 ? 'medium' : 'low');

/** The value as the file writes it: ical.js would read 30 February as 2 March. */
const rawOf = (property: ICAL.Property | null): string => String(property?.jCal[3] ?? '').trim();

const textIn = (todo: ICAL.Component, name: string): string => String(todo.getFirstPropertyValue(name) ?? '').trim();

/** A time with the zone that it names: undefined if it is floating, or an unknown zone. */
function timeOf(todo: ICAL.Component, name: string): { at: DateTime | undefined; zone: string | undefined; text: string; tzid: string } {
  const property = todo.getFirstProperty(name);
  const text = rawOf(property);
  const tzid = String(property?.getFirstParameter('tzid') ?? '');
  return { at: readDateTime(text), zone: tzid === '' ? undefined : zoneOf(tzid), text, tzid };
}

/** DUE, or DTSTART with DURATION. */
function readDue(draft: Draft, todo: ICAL.Component, context: Context): Due | undefined {
  const { at, zone, text, tzid } = timeOf(todo, 'due');
  if (at) {
    const due = dueOf(at, zone ?? context.zone);
    if (due.dueTime !== undefined && zone !== undefined) due.timeZone = zone;
    if (tzid !== '' && zone === undefined) keep(draft, 'Time zone', tzid, 'is not known');
    return due;
  }
  keep(draft, 'Due', text, 'is not a date');
  const start = timeOf(todo, 'dtstart');
  const duration = todo.getFirstPropertyValue('duration');
  if (!(duration instanceof ICAL.Duration) || !start.at) {
    keep(draft, 'Duration', duration, 'needs a start');
    return undefined;
  }
  const startZone = start.zone ?? context.zone;
  const end = new Date(instantOf(start.at, start.at.time === undefined ? 'UTC' : startZone) + duration.toSeconds() * 1000);
  if (start.at.time === undefined) return { dueDate: end.toISOString().slice(0, 10) };
  const due = dueOf({ ...start.at, instant: end.getTime() }, startZone);
  if (start.zone === undefined && start.at.instant === undefined) delete due.timeZone;
  return due;
}

function readStart(draft: Draft, todo: ICAL.Component, due: Due | undefined, context: Context): void {
  const { at, zone, text } = timeOf(todo, 'dtstart');
  if (!at) keep(draft, 'Start', text, 'is not a date');
  if (!at) return;
  const start = dueOf(at, zone ?? context.zone);
  draft.values.startDate = start.dueDate;
  const isMidnight = start.dueTime === undefined || start.dueTime === '00:00';
  if (!isMidnight && !(start.dueDate === due?.dueDate && start.dueTime === due.dueTime)) keep(draft, 'Start time', start.dueTime, 'has no field');
}

/** Alarms before the task is due become reminders. */
function readAlarms(draft: Draft, todo: ICAL.Component, due: Due | undefined, context: Context): void {
  const start = timeOf(todo, 'dtstart');
  const dueAt = due && instantOf({ date: due.dueDate, time: due.dueTime, instant: undefined }, due.timeZone ?? context.zone);
  const minutes: number[] = [];
  for (const alarm of todo.getAllSubcomponents('valarm')) {
    const trigger = alarm.getFirstProperty('trigger');
    const value = trigger?.getFirstValue();
    const isOfEnd = String(trigger?.getFirstParameter('related') ?? '').toUpperCase() === 'END' || !start.at;
    const base = isOfEnd ? dueAt : start.at && instantOf(start.at, start.zone ?? context.zone);
    const absolute = readDateTime(rawOf(trigger ?? null));
    const relative = value instanceof ICAL.Duration && base !== undefined ? base + value.toSeconds() * 1000 : undefined;
    const at = relative ?? (absolute && instantOf(absolute, context.zone));
    const before = due && at !== undefined ? minutesBefore(at, due, context.zone) : -1;
    if (before >= 0) minutes.push(before);
    else keep(draft, 'Reminder', value, 'is not before the time when the task is due');
  }
  draft.values.reminders = minutes;
}

function readStatus(draft: Draft, todo: ICAL.Component, context: Context, source: Source): void {
  const [status, completed, percent] = [textIn(todo, 'status').toUpperCase(), timeOf(todo, 'completed'), Number(textIn(todo, 'percent-complete'))];
  if (percent > 0 && percent < 100) keep(draft, 'Progress', `${percent} %`, 'has no field');
  if (!/^(|NEEDS-ACTION|IN-PROCESS|COMPLETED|CANCELLED)$/.test(status)) keep(draft, 'Status', status, 'is not known');
  if (status === 'IN-PROCESS') keep(draft, 'Status', 'in process', 'has no field');
  if (status === 'CANCELLED') keep(draft, 'Status', 'cancelled', 'has no field, so the task is completed');
  // A task with COMPLETED is done, whatever its status says (RFC 5545).
  if (!/^(COMPLETED|CANCELLED)$/.test(status) && !completed.at) return;
  const changed = timeOf(todo, 'last-modified').at;
  const milliseconds = Number(todo.getFirstProperty('completed')?.getFirstParameter('x-todo-ms') ?? 0) || 0;
  const instant = completed.at ? instantOf(completed.at, completed.zone ?? context.zone) + milliseconds : changed && instantOf(changed, 'UTC');
  draft.values.completedAt = timestampOf(instant) ?? context.now;
  if (!completed.at)
    source.notes.push({
      line: draft.line,
      message: `The file does not say when it was completed; it is completed as of ${changed ? 'its last change' : 'the import'}.`,
    });
}

/** Rules are read under another name, which leaves them as they are: the contract checks them. */
export const RULE = 'x-todo-rrule';

function readRule(draft: Draft, todo: ICAL.Component): void {
  const [rule, ...more] = todo.getAllProperties(RULE).map(rawOf);
  if (rule !== undefined) draft.values.recurrence = rule;
  for (const each of more) keep(draft, 'Recurrence', each, 'is more than one rule');
  for (const name of ['exdate', 'rdate', 'exrule'])
    for (const property of todo.getAllProperties(name)) keep(draft, name.toUpperCase(), property.jCal.slice(3).join(', '), 'has no field');
}

/** Reads a component VTODO. One of ours keeps its id. */
export function readTodo(text: string, line: number, list: string | undefined, isOwn: boolean, context: Context, source: Source): Draft {
  const todo = new ICAL.Component(ICAL.parse(text));
  const [uid, instance] = [textIn(todo, 'uid'), textIn(todo, 'recurrence-id')];
  const parent = todo.getAllProperties('related-to').find((property) => /^(|PARENT)$/i.test(String(property.getFirstParameter('reltype') ?? '')));
  const labels = todo.getAllProperties('categories').flatMap((property) => property.getValues().map(String));
  const draft: Draft = {
    line,
    key: instance === '' ? uid || undefined : undefined,
    id: isOwn && UUID.test(uid) ? uid : undefined,
    source: uid === '' ? undefined : `${uid} ${instance}`.trim(),
    content: JSON.stringify(['icalendar', list, textIn(todo, 'summary')]),
    parent: String(parent?.getFirstValue() ?? '') || undefined,
    list,
    order: Number.parseFloat(textIn(todo, 'x-apple-sort-order')) || undefined,
    values: {
      title: String(todo.getFirstPropertyValue('summary') ?? ''),
      description: String(todo.getFirstPropertyValue('description') ?? ''),
      labels,
      priority: priorityOf(Number(textIn(todo, 'priority')) || 0),
      position: textIn(todo, 'x-todo-position') || undefined,
    },
    kept: [],
  };
  const due = readDue(draft, todo, context);
  Object.assign(draft.values, due);
  readStart(draft, todo, due, context);
  readAlarms(draft, todo, due, context);
  readRule(draft, todo);
  if (textIn(todo, 'x-todo-repeat-from') === 'completion') draft.values.repeatFrom = 'completion';
  readStatus(draft, todo, context, source);
  if (instance !== '') source.notes.push({ line, message: `It is one occurrence (${instance}) of a recurring task and becomes a task of its own.` });
  for (const [name, label] of [
    ['url', 'Link'],
    ['location', 'Place'],
    ['comment', 'Comment'],
  ] as const)
    for (const property of todo.getAllProperties(name)) keep(draft, label, property.getFirstValue(), 'has no field');
  for (const property of todo.getAllProperties('related-to')) if (property !== parent) keep(draft, 'Related to', property.getFirstValue(), 'has no field');
  for (const { name } of todo.getAllProperties())
    if (![...KNOWN, ...SILENT, 'exdate', 'rdate', 'exrule'].includes(name) && !source.ignored.includes(name)) source.ignored.push(name);
  return draft;
}
