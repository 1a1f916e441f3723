import { type Context, createSource, type Draft, keep, type Source } from '../drafts/draft.ts';
import { type DateTime, dayOf, instantOf, minutesBefore, readDateTime, timestampOf } from '../parsing/date-time.ts';
import { htmlToText } from '../parsing/html.ts';
import { arrayOf, othersOf, recordOf, textOf } from '../parsing/json.ts';
import { zoneOf } from '../parsing/zones.ts';

const KNOWN =
  'id title status importance isReminderOn body categories dueDateTime startDateTime reminderDateTime completedDateTime recurrence checklistItems linkedResources hasAttachments'.split(
    ' ',
  );
const SILENT = 'createdDateTime lastModifiedDateTime bodyLastModifiedDateTime listId parentFolderId'.split(' ');
const priorities: Record<string, string> = { low: 'low', normal: 'none', high: 'high' };
const DAYS: Record<string, string> = { sunday: 'SU', monday: 'MO', tuesday: 'TU', wednesday: 'WE', thursday: 'TH', friday: 'FR', saturday: 'SA' };
const INDEXES: Record<string, number> = { first: 1, second: 2, third: 3, fourth: 4, last: -1 };

type Json = Record<string, unknown>;

const isTask = (value: unknown) => {
  const task = recordOf(value);
  return typeof task.title === 'string' && ('importance' in task || 'isReminderOn' in task || 'dueDateTime' in task || 'status' in task) && !('uuid' in task);
};
const isList = (value: unknown) => 'displayName' in recordOf(value);
const itemsOf = (content: unknown): unknown[] => {
  const { value, lists } = recordOf(content);
  return arrayOf(Array.isArray(content) ? content : (value ?? lists));
};

/** Whether this is an answer of Microsoft Graph with tasks or lists, or an array of them. */
export const isMicrosoft = (content: unknown): boolean =>
  itemsOf(content).some((item) => isList(item) || isTask(item)) || '@odata.context' in recordOf(content);

/** A time of Graph: without an offset, in a zone with an IANA name or one of Windows. */
function readTime(value: unknown): { at: DateTime | undefined; zone: string | undefined; text: string } {
  const { dateTime, timeZone } = recordOf(value);
  const [text, name] = [textOf(dateTime), textOf(timeZone) || 'UTC'];
  return { at: readDateTime(text), zone: zoneOf(name), text: `${text} ${name}`.trim() };
}

/** Months without the day of the rule have it on their last day. */
function monthDay(day: unknown): string {
  const number = Number(day);
  return number > 28 ? `BYMONTHDAY=${[28, 29, 30, 31].filter((each) => each <= number).join()};BYSETPOS=-1` : `BYMONTHDAY=${number}`;
}

/** A patternedRecurrence of Graph as a rule of iCalendar. Undefined if it has a pattern that is not known. */
function ruleOf(recurrence: Json): string | undefined {
  const [pattern, range] = [recordOf(recurrence.pattern), recordOf(recurrence.range)];
  const days = arrayOf(pattern.daysOfWeek).map((day) => DAYS[textOf(day).toLowerCase()]);
  const index = INDEXES[textOf(pattern.index).toLowerCase() || 'first'];
  const relative = days.length > 0 && index !== undefined && !days.includes(undefined) ? `BYDAY=${days.join()};BYSETPOS=${index}` : undefined;
  const month = `BYMONTH=${textOf(pattern.month)}`;
  const parts: Record<string, (string | undefined)[]> = {
    daily: ['FREQ=DAILY'],
    weekly: ['FREQ=WEEKLY', days.includes(undefined) ? undefined : days.length > 0 ? `BYDAY=${days.join()}` : ''],
    absoluteMonthly: ['FREQ=MONTHLY', monthDay(pattern.dayOfMonth)],
    relativeMonthly: ['FREQ=MONTHLY', relative],
    absoluteYearly: ['FREQ=YEARLY', month, Number(pattern.month) === 2 ? monthDay(pattern.dayOfMonth) : `BYMONTHDAY=${textOf(pattern.dayOfMonth)}`],
    relativeYearly: ['FREQ=YEARLY', month, relative],
  };
  const type = textOf(pattern.type);
  const rule = parts[type];
  if (!rule || rule.includes(undefined)) return undefined;
  const interval = Number(pattern.interval ?? 1);
  const start = type === 'weekly' && interval > 1 ? DAYS[textOf(pattern.firstDayOfWeek).toLowerCase()] : undefined;
  const ends: Record<string, string> = {
    endDate: `UNTIL=${textOf(range.endDate).slice(0, 10).replaceAll('-', '')}`,
    numbered: `COUNT=${textOf(range.numberOfOccurrences)}`,
  };
  return [rule[0], interval === 1 ? '' : `INTERVAL=${interval}`, ...rule.slice(1), start ? `WKST=${start}` : '', ends[textOf(range.type)] ?? '']
    .filter(Boolean)
    .join(';');
}

function readDates(draft: Draft, task: Json, context: Context): void {
  const { values } = draft;
  for (const [field, name, key] of [
    ['dueDate', 'Due', 'dueDateTime'],
    ['startDate', 'Start', 'startDateTime'],
  ] as const) {
    const { at, zone, text } = readTime(task[key]);
    // To Do knows days only: midnight of the zone, whatever it is.
    if (at) values[field] = at.instant === undefined ? at.date : dayOf(at, zone ?? 'UTC');
    else keep(draft, name, task[key] === undefined || task[key] === null ? '' : text, 'is not a date');
  }
  const { at, zone, text } = readTime(task.reminderDateTime);
  if (task.isReminderOn === true && at) {
    const minutes =
      values.dueDate === undefined || zone === undefined ? -1 : minutesBefore(instantOf(at, zone), { dueDate: String(values.dueDate) }, context.zone);
    if (minutes >= 0) values.reminders = [minutes];
    else keep(draft, 'Reminder', text.replace(/(:\d\d):\d\d\.\d+/, '$1'), 'is not before the day on which the task is due');
  } else if (task.isReminderOn === true) keep(draft, 'Reminder', text, 'is not a time');
  const recurrence = recordOf(task.recurrence);
  if (Object.keys(recurrence).length === 0) return;
  const rule = ruleOf(recurrence);
  if (rule !== undefined) values.recurrence = rule;
  else keep(draft, 'Recurrence', JSON.stringify(recurrence), 'has a pattern that is not known');
}

function readStatus(draft: Draft, task: Json, context: Context, source: Source): void {
  const status = textOf(task.status);
  if (!/^(|notStarted|completed)$/.test(status)) keep(draft, 'Status', status, 'has no field');
  if (status !== 'completed') return;
  const { at, zone } = readTime(task.completedDateTime);
  const changed = readDateTime(textOf(task.lastModifiedDateTime));
  draft.values.completedAt = timestampOf(at && instantOf(at, zone ?? 'UTC')) ?? timestampOf(changed && instantOf(changed, 'UTC')) ?? context.now;
  if (!at)
    source.notes.push({
      line: draft.line,
      message: `The file does not say when it was completed; it is completed as of ${changed ? 'its last change' : 'the import'}.`,
    });
}

function draftOf(task: Json, line: number, list: string | undefined): Draft {
  const body = recordOf(task.body);
  const content = textOf(body.content);
  const priority = priorities[textOf(task.importance) || 'normal'];
  const draft: Draft = {
    line,
    key: textOf(task.id) || `line ${line}`,
    source: textOf(task.id) || undefined,
    content: JSON.stringify(['microsoft', list, task.title]),
    list,
    values: {
      title: textOf(task.title),
      description: textOf(body.contentType).toLowerCase() === 'html' ? htmlToText(content) : content,
      labels: arrayOf(task.categories).map(textOf),
      priority,
    },
    kept: [],
  };
  if (priority === undefined) keep(draft, 'Importance', task.importance, 'is not known');
  for (const link of arrayOf(task.linkedResources)) {
    const { displayName, webUrl } = recordOf(link);
    keep(draft, 'Link', [textOf(displayName), textOf(webUrl)].filter(Boolean).join(' '), 'has no field');
  }
  return draft;
}

/** Reads tasks of Microsoft To Do as Graph gives them: a page of tasks, or lists with their tasks. */
export function readMicrosoft(content: unknown, context: Context): Source {
  const source = createSource('microsoft-to-do');
  const ignored = new Set<string>();
  let line = 0;
  const told = (message: string) => source.problems.push({ line: 0, message });
  const readTasks = (items: unknown[], list: string | undefined) => {
    for (const item of items) {
      line += 1;
      const task = recordOf(item);
      for (const name of othersOf(task, [...KNOWN, ...SILENT])) if (!name.includes('@odata')) ignored.add(name);
      const draft = draftOf(task, line, list);
      readDates(draft, task, context);
      readStatus(draft, task, context, source);
      if (task.hasAttachments === true) source.notes.push({ line, message: 'It has attachments, which are not imported.' });
      source.drafts.push(draft);
      for (const [order, step] of arrayOf(task.checklistItems).entries()) {
        const { id, displayName, isChecked, checkedDateTime } = recordOf(step);
        const at = readDateTime(textOf(checkedDateTime));
        const completedAt = isChecked === true ? (timestampOf(at && instantOf(at, 'UTC')) ?? draft.values.completedAt ?? context.now) : undefined;
        const from = textOf(id) === '' ? undefined : `${draft.key} ${textOf(id)}`;
        const text = JSON.stringify([draft.content, displayName]);
        source.drafts.push({ line, parent: draft.key, order, source: from, content: text, list, values: { title: displayName, completedAt }, kept: [] });
      }
    }
  };
  const readPage = (page: unknown) => {
    for (const item of itemsOf(page)) {
      if (!isList(item)) {
        readTasks([item], undefined);
        continue;
      }
      const { id, displayName, wellknownListName, tasks, ...others } = recordOf(item);
      const key = textOf(id) || textOf(displayName);
      source.lists.push({ key, source: key, name: wellknownListName === 'defaultList' ? 'Inbox' : displayName });
      readTasks(Array.isArray(tasks) ? tasks : itemsOf(tasks), key);
      if (others['tasks@odata.nextLink'] !== undefined)
        told(`The list ${JSON.stringify(displayName)} has more tasks than this file: a page that "nextLink" names is missing.`);
    }
    if (recordOf(page)['@odata.nextLink'] !== undefined) told('The file is not complete: the page that "@odata.nextLink" names is missing.');
  };
  readPage(content);
  source.ignored = [...ignored];
  return source;
}
