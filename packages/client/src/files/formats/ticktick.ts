import { isTimeZone } from '@todo/contract';
import { type Context, createSource, type Draft, keep, type Source } from '../drafts/draft.ts';
import { readTable, selectColumns, wordsOf } from '../parsing/csv.ts';
import { dayOf, dueOf, instantOf, inZone, readDateTime, timestampOf } from '../parsing/date-time.ts';

const COLUMNS = [
  'folder name',
  'list name',
  'title',
  'kind',
  'tags',
  'content',
  'is check list',
  'start date',
  'due date',
  'reminder',
  'repeat',
  'priority',
  'status',
  'created time',
  'completed time',
  'order',
  'timezone',
  'is all day',
  'is floating',
  'column name',
  'column order',
  'view mode',
  'taskid',
  'parentid',
] as const;
type Cell = (name: (typeof COLUMNS)[number]) => string;

const HEADER = /^"?Folder Name"?\s*[,;\t|]\s*"?List Name"?\s*[,;\t|]/im;

/** Where the header begins; before it stand the date, the version and what a status means. */
export const isTickTick = (text: string): boolean => HEADER.test(text.slice(0, 2_000));

const priorities: Record<string, string> = { '': 'none', '0': 'none', '1': 'low', '3': 'medium', '5': 'high', p1: 'high', p2: 'medium', p3: 'low', p4: 'none' };

const isTrue = (cell: string) => /^(true|y|yes|1)$/i.test(cell.trim());

/** All-day dates are midnight in the zone of the row, written in UTC. */
function readDates(draft: Draft, cell: Cell, context: Context): void {
  const given = cell('timezone').trim();
  const zone = isTimeZone(given) ? given : context.zone;
  if (given !== '' && zone !== given) keep(draft, 'Time zone', given, 'is not the name of a zone');
  const [start, due] = [readDateTime(cell('start date')), readDateTime(cell('due date'))];
  if (!start) keep(draft, 'Start', cell('start date'), 'is not a date');
  if (!due) keep(draft, 'Due', cell('due date'), 'is not a date');
  const isAllDay = isTrue(cell('is all day'));
  const at = due ?? start;
  if (at) {
    const { timeZone, ...local } = dueOf(at, zone);
    if (isAllDay) draft.values.dueDate = dayOf(at, zone);
    else
      Object.assign(
        draft.values,
        local,
        local.dueTime !== undefined && !isTrue(cell('is floating')) && isTimeZone(given) ? { timeZone: timeZone ?? given } : {},
      );
  }
  if (!start || !due || cell('start date') === cell('due date')) return;
  draft.values.startDate = dayOf(start, zone);
  const time = start.instant === undefined ? start.time : inZone(start.instant, zone).time;
  if (!isAllDay && time !== undefined) keep(draft, 'Start time', time, 'has no field');
}

/** A reminder is the trigger of an alarm in iCalendar, such as TRIGGER:-PT30M. */
function readReminders(draft: Draft, text: string): void {
  const minutes: number[] = [];
  for (const each of text
    .split(/[\n,]/)
    .map((part) => part.trim())
    .filter(Boolean)) {
    const [, sign = '', weeks = 0, days = 0, hours = 0, minute = 0, seconds = 0] =
      /^TRIGGER:([+-]?)P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(each) ?? [];
    const total = Number(weeks) * 10_080 + Number(days) * 1_440 + Number(hours) * 60 + Number(minute) + Math.round(Number(seconds) / 60);
    if (/^TRIGGER:[+-]?P/.test(each) && (sign === '-' || total === 0)) minutes.push(total);
    else keep(draft, 'Reminder', each, 'is not a time before the task is due');
  }
  draft.values.reminders = minutes;
}

/** Items of a checklist stand in the content, each behind a mark that says whether it is done. */
function itemsIn(content: string): { before: string; items: { title: string; isDone: boolean }[] } {
  const [before = '', ...rest] = content.split(/(?=[▫▪])/);
  const isItem = /^[▫▪]/.test(before);
  const all = isItem ? [before, ...rest] : rest;
  const items = all.map((part) => ({ title: part.slice(1).trim(), isDone: part.startsWith('▪') }));
  return { before: isItem ? '' : before.trim(), items: items.filter(({ title }) => title !== '') };
}

function draftOf(line: number, cell: Cell, identity: string[], context: Context, source: Source): Draft {
  const [folder, list] = [cell('folder name').trim(), cell('list name').trim()];
  const name = [folder, list].filter(Boolean).join(' / ');
  const list_ = list === '' ? undefined : name;
  if (list_ !== undefined && !source.lists.some(({ key }) => key === name))
    source.lists.push({ key: name, source: name, name: list.toLowerCase() === 'inbox' ? list : name });
  const column = cell('column name').trim();
  const title = cell('title');
  const priority = priorities[cell('priority').trim().toLowerCase()];
  const draft: Draft = {
    line,
    key: cell('taskid').trim() || `line ${line}`,
    parent: cell('parentid').trim() || undefined,
    list: list_,
    order: Number.isFinite(Number.parseFloat(cell('order'))) ? Number.parseFloat(cell('order')) : undefined,
    content: JSON.stringify(identity),
    values: { title, description: cell('content'), labels: [...wordsOf(cell('tags')), ...(column === '' ? [] : [column])], priority },
    kept: [],
  };
  if (priority === undefined) keep(draft, 'Priority', cell('priority'), 'is not one of 0, 1, 3 and 5');
  readDates(draft, cell, context);
  readReminders(draft, cell('reminder'));
  const repeat = cell('repeat').trim();
  if (/^RRULE:/i.test(repeat)) draft.values.recurrence = repeat;
  else keep(draft, 'Repeat', repeat, 'is not a rule of iCalendar');
  return draft;
}

/** 0 is open; 1 completed, 2 archived and -1 "won't do" are done. */
function readStatus(draft: Draft, cell: Cell, context: Context, source: Source): void {
  const status = cell('status').trim();
  if (status === '' || status === '0') {
    keep(draft, 'Completed', cell('completed time'), 'is given for a task whose status is open');
    return;
  }
  if (!/^(1|2|-1)$/.test(status)) {
    keep(draft, 'Status', status, 'is not one of 0, 1 and 2');
    return;
  }
  if (status === '-1') keep(draft, 'Status', "won't do", 'has no field, so the task is completed');
  const at = readDateTime(cell('completed time'));
  draft.values.completedAt = timestampOf(at && instantOf(at, context.zone)) ?? context.now;
  if (!at) source.notes.push({ line: draft.line, message: 'The file does not say when it was completed; it is completed as of the import.' });
}

/** Reads a backup of TickTick. */
export function readTickTick(text: string, context: Context): Source {
  const source = createSource('ticktick');
  const start = HEADER.exec(text)?.index ?? 0;
  const table = readTable(text.slice(start), text.slice(0, start).split(/\r\n|\r|\n/).length);
  const { rows, ignored } = selectColumns(table, COLUMNS);
  source.ignored = ignored;
  // Without the lines above the header, a backup was read as a table before; its ids stay the same.
  for (const { line, fault, cell } of rows) {
    if (fault !== undefined) {
      source.problems.push({ line, message: fault });
      continue;
    }
    const created = ['ticktick', cell('created time').trim(), cell('title')];
    const draft = draftOf(line, cell, start > 0 ? created : [context.name.normalize('NFC'), cell('title'), ''], context, source);
    readStatus(draft, cell, context, source);
    source.drafts.push(draft);
    if (!isTrue(cell('is check list')) && cell('kind').trim().toUpperCase() !== 'CHECKLIST') continue;
    const { before, items } = itemsIn(cell('content'));
    draft.values.description = before;
    for (const [order, { title, isDone }] of items.entries()) {
      const completedAt = isDone ? (draft.values.completedAt ?? context.now) : undefined;
      if (isDone && draft.values.completedAt === undefined)
        source.notes.push({ line, message: `The file does not say when ${JSON.stringify(title)} was completed; it is completed as of the import.` });
      const content = JSON.stringify([draft.content, title]);
      source.drafts.push({ line, parent: draft.key, content, order, list: draft.list, values: { title, completedAt }, kept: [] });
    }
  }
  return source;
}
