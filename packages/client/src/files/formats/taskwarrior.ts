import { formatRecurrence, readRecurrence, selfContained } from '@todo/contract';
import { type Context, createSource, type Draft, keep, type Source } from '../drafts/draft.ts';
import { dayOf, dueOf, instantOf, inZone, readDateTime, timestampOf } from '../parsing/date-time.ts';
import { arrayOf, othersOf, recordOf, textOf } from '../parsing/json.ts';

const KNOWN = 'uuid description status end due wait scheduled until project tags priority annotations depends recur parent'.split(' ');
const SILENT = 'id entry modified start mask imask urgency rtype last template'.split(' ');
const priorities: Record<string, string> = { '': 'none', L: 'low', M: 'medium', H: 'high' };

type Json = Record<string, unknown>;

export const isTaskwarrior = (content: unknown): boolean =>
  arrayOf(content).some((item) => {
    const task = recordOf(item);
    return typeof task.uuid === 'string' && typeof task.description === 'string';
  });

const units: Record<string, [string, number]> = {
  d: ['DAILY', 1],
  day: ['DAILY', 1],
  days: ['DAILY', 1],
  w: ['WEEKLY', 1],
  wk: ['WEEKLY', 1],
  wks: ['WEEKLY', 1],
  week: ['WEEKLY', 1],
  weeks: ['WEEKLY', 1],
  mo: ['MONTHLY', 1],
  mth: ['MONTHLY', 1],
  mths: ['MONTHLY', 1],
  mnths: ['MONTHLY', 1],
  month: ['MONTHLY', 1],
  months: ['MONTHLY', 1],
  q: ['MONTHLY', 3],
  qtrs: ['MONTHLY', 3],
  quarters: ['MONTHLY', 3],
  y: ['YEARLY', 1],
  yr: ['YEARLY', 1],
  yrs: ['YEARLY', 1],
  year: ['YEARLY', 1],
  years: ['YEARLY', 1],
};
const words: Record<string, string> = {
  daily: 'FREQ=DAILY',
  weekdays: 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR',
  weekly: 'FREQ=WEEKLY',
  biweekly: 'FREQ=WEEKLY;INTERVAL=2',
  fortnight: 'FREQ=WEEKLY;INTERVAL=2',
  monthly: 'FREQ=MONTHLY',
  bimonthly: 'FREQ=MONTHLY;INTERVAL=2',
  quarterly: 'FREQ=MONTHLY;INTERVAL=3',
  semiannual: 'FREQ=MONTHLY;INTERVAL=6',
  annual: 'FREQ=YEARLY',
  yearly: 'FREQ=YEARLY',
  biannual: 'FREQ=YEARLY;INTERVAL=2',
  biyearly: 'FREQ=YEARLY;INTERVAL=2',
};

/** A period of Taskwarrior, such as weekly, 3days or P2W, as a rule of iCalendar. */
function ruleOf(recur: string): string | undefined {
  const text = recur.trim().toLowerCase();
  if (text in words) return words[text];
  const [, count = '1', name = ''] = /^p?(\d+)?([a-z]+)$/.exec(text) ?? [];
  const iso: Record<string, string> = { m: 'mo' };
  const [frequency, factor] = units[text.startsWith('p') ? (iso[name] ?? name) : name] ?? [];
  if (frequency === undefined || factor === undefined) return undefined;
  const interval = Number(count) * factor;
  return interval === 1 ? `FREQ=${frequency}` : `FREQ=${frequency};INTERVAL=${interval}`;
}

/** The days of the rule are those of the template: an occurrence that was moved to the end of a short month says less. */
function withDays(text: string, { due }: Json, { zone }: Context): string {
  const [read, at] = [readRecurrence(text), readDateTime(textOf(due))];
  return at && 'rule' in read ? formatRecurrence(selfContained(read.rule, dayOf(at, zone))) : text;
}

/** An array, a text with commas, or a text that an old version damaged. */
const idsOf = (depends: unknown): string[] =>
  (Array.isArray(depends) ? depends.map(textOf) : [textOf(depends)]).flatMap((text) => text.match(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/gi) ?? []);

/** A day in Taskwarrior is its midnight in the local zone, written in UTC. */
function readDates(draft: Draft, task: Json, { zone }: Context): void {
  const due = readDateTime(textOf(task.due));
  if (due) {
    const at = dueOf(due, zone);
    if (at.dueTime === '00:00') draft.values.dueDate = at.dueDate;
    else Object.assign(draft.values, at);
  } else keep(draft, 'Due', task.due, 'is not a date');
  const shown = (value: unknown) => {
    const at = readDateTime(textOf(value));
    if (!at) return textOf(value);
    const { date, time } = inZone(instantOf(at, zone), zone);
    return time === '00:00' ? date : `${date} ${time}`;
  };
  const [scheduled, wait] = [readDateTime(textOf(task.scheduled)), readDateTime(textOf(task.wait))];
  const start = scheduled ?? wait;
  if (start) draft.values.startDate = dayOf(start, zone);
  if (!scheduled) keep(draft, 'Scheduled', task.scheduled, 'is not a date');
  if (!wait || scheduled) keep(draft, 'Waits until', shown(task.wait), wait ? 'has no field beside the start' : 'is not a date');
  keep(draft, 'Expires', shown(task.until), 'has no field');
}

function draftOf(task: Json, line: number, titles: Map<string, string>, context: Context): Draft {
  const uuid = textOf(task.uuid).toLowerCase();
  const project = textOf(task.project).trim();
  const priority = priorities[textOf(task.priority).toUpperCase()];
  const draft: Draft = {
    line,
    key: uuid || undefined,
    source: uuid || undefined,
    content: JSON.stringify(['taskwarrior', task.description]),
    list: project || undefined,
    values: {
      title: textOf(task.description),
      labels: Array.isArray(task.tags) ? task.tags.map(textOf) : textOf(task.tags).split(',').filter(Boolean),
      priority,
    },
    kept: [],
  };
  if (priority === undefined) keep(draft, 'Priority', task.priority, 'is not one of H, M and L');
  const annotations = Array.isArray(task.annotations) ? task.annotations : [task.annotations];
  draft.values.description = annotations
    .map((annotation) => {
      const { entry, description } = recordOf(annotation);
      const at = readDateTime(textOf(entry));
      return [at && dayOf(at, context.zone), textOf(description) || textOf(annotation)].filter(Boolean).join(' ');
    })
    .filter(Boolean)
    .join('\n');
  const ids = idsOf(task.depends);
  keep(draft, 'Depends on', ids.map((id) => titles.get(id.toLowerCase()) ?? id).join(', '), 'has no field');
  if (ids.length === 0) keep(draft, 'Depends on', textOf(task.depends), 'names no task');
  readDates(draft, task, context);
  return draft;
}

function readStatus(draft: Draft, task: Json, context: Context, source: Source): void {
  if (task.status !== 'completed') return;
  const [end, modified] = [readDateTime(textOf(task.end)), readDateTime(textOf(task.modified))];
  const at = end ?? modified;
  draft.values.completedAt = timestampOf(at && instantOf(at, context.zone)) ?? context.now;
  if (!end)
    source.notes.push({
      line: draft.line,
      message: `The file does not say when it was completed; it is completed as of ${modified ? 'its last change' : 'the import'}.`,
    });
}

/** Stands for a line without a task in a file with a task on each line. */
export const BLANK = '';

/** Reads an export of Taskwarrior. Of a recurring task the template becomes the task, due when its first open occurrence is. */
export function readTaskwarrior(content: unknown, context: Context): Source {
  const source = createSource('taskwarrior');
  const items = arrayOf(content);
  const tasks = items.map(recordOf);
  const idOf = (value: unknown) => textOf(value).toLowerCase();
  const titles = new Map(tasks.map((task) => [idOf(task.uuid), textOf(task.description)]));
  const templates = new Set(tasks.filter(({ status }) => status === 'recurring').map(({ uuid }) => idOf(uuid)));
  const isOpen = ({ status }: Json) => status !== 'completed' && status !== 'deleted' && status !== 'recurring';
  const firstDue = new Map<string, string>();
  for (const { due, parent } of tasks.filter(isOpen)) {
    const known = firstDue.get(idOf(parent));
    if (textOf(due) !== '' && (known === undefined || textOf(due) < known)) firstDue.set(idOf(parent), textOf(due));
  }
  const ignored = new Set<string>();
  for (const [index, task] of tasks.entries()) {
    const line = index + 1;
    for (const name of othersOf(task, [...KNOWN, ...SILENT])) ignored.add(name);
    const name = JSON.stringify(textOf(task.description));
    if (items[index] === BLANK) continue;
    if (Object.keys(task).length === 0) {
      source.problems.push({ line, message: 'It is not a task in JSON.' });
      continue;
    }
    if (task.status === 'deleted') {
      source.problems.push({ line, message: `${name} is deleted in Taskwarrior.` });
      continue;
    }
    if (isOpen(task) && templates.has(idOf(task.parent))) {
      source.notes.push({ line, message: `${name} is an occurrence of a recurring task, which is imported in its place.` });
      continue;
    }
    const first = task.status === 'recurring' ? firstDue.get(idOf(task.uuid)) : undefined;
    const draft = draftOf(first === undefined ? task : { ...task, due: first }, line, titles, context);
    if (draft.list !== undefined && !source.lists.some(({ key }) => key === draft.list))
      source.lists.push({ key: draft.list, source: draft.list, name: draft.list });
    const recur = task.status === 'recurring' || !templates.has(idOf(task.parent)) ? textOf(task.recur) : '';
    const rule = ruleOf(recur);
    if (rule !== undefined && recur !== '') draft.values.recurrence = withDays(rule, task, context);
    else keep(draft, 'Repeats', recur, 'is not a number of days, weeks, months or years');
    readStatus(draft, task, context, source);
    source.drafts.push(draft);
  }
  source.ignored = [...ignored];
  return source;
}
