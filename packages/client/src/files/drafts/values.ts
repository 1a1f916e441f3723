import { hasAtMost, LABEL_MAX_CODE_POINTS, LABELS_MAX_PER_TASK, REMINDER_MAX_MINUTES, REMINDERS_MAX_PER_TASK, TITLE_MAX_CODE_POINTS } from '@todo/contract';
import { inZone, readDateTime } from '../parsing/date-time.ts';
import { type Draft, type DraftValues, isOwn, keep, type LineMessage, type Source, UNTITLED } from './draft.ts';

/** What a value of a field that cannot be kept as one is called in the description. */
export const nameOf: Record<string, string> = {
  priority: 'Priority',
  labels: 'Labels',
  startDate: 'Start',
  dueDate: 'Due',
  dueTime: 'Time',
  timeZone: 'Time zone',
  recurrence: 'Recurrence',
  repeatFrom: 'Repeats from',
  reminders: 'Reminders',
};

function settleLabels(draft: Draft): void {
  const { labels } = draft.values;
  if (!Array.isArray(labels)) return;
  const taken = new Map<string, string>();
  const others: string[] = [];
  for (const label of labels.map((each) => String(each).normalize('NFC').trim()).filter(Boolean)) {
    if (taken.has(label.toLowerCase())) continue;
    if (taken.size < LABELS_MAX_PER_TASK && hasAtMost(LABEL_MAX_CODE_POINTS)(label)) taken.set(label.toLowerCase(), label);
    else others.push(label);
  }
  draft.values.labels = [...taken.values()];
  keep(draft, 'Labels', others.join(', '), `cannot be labels: a task has at most ${LABELS_MAX_PER_TASK}, each of at most ${LABEL_MAX_CODE_POINTS} characters`);
}

function settleReminders(draft: Draft): void {
  const { reminders, dueDate } = draft.values;
  if (!Array.isArray(reminders)) return;
  const minutes = [...new Set(reminders.map(Number))].sort((a, b) => a - b);
  const fits = (each: number) => dueDate !== undefined && Number.isInteger(each) && each >= 0 && each <= REMINDER_MAX_MINUTES;
  const taken = minutes.filter(fits).slice(0, REMINDERS_MAX_PER_TASK);
  draft.values.reminders = taken;
  const others = minutes.filter((each) => !taken.includes(each)).map((each) => `${Math.abs(each)} minutes ${each < 0 ? 'after' : 'before'}`);
  keep(draft, 'Reminders', others.join(', '), `cannot be reminders: a task with a due date has at most ${REMINDERS_MAX_PER_TASK}, all before it is due`);
}

/** Moves a value that cannot be kept in its field to the description. */
export function demote(draft: Draft, field: string, why: string): void {
  const value = draft.values[field];
  delete draft.values[field];
  keep(draft, nameOf[field] ?? field, Array.isArray(value) ? value.join(', ') : value, why);
}

/**
 * UNTIL of a rule is a date in the contract, and often a time in files: the last date on which the task is due before it. In UTC it is a time of the zone of the
 * task.
 */
function lastDate(until: string, { dueTime, timeZone }: DraftValues, zone: string): string {
  const at = readDateTime(until);
  if (at?.time === undefined) return until;
  const local = at.instant === undefined ? { date: at.date, time: at.time } : inZone(at.instant, typeof timeZone === 'string' ? timeZone : zone);
  const isBefore = typeof dueTime === 'string' && local.time < dueTime;
  return (isBefore ? new Date(Date.parse(local.date) - 86_400_000).toISOString().slice(0, 10) : local.date).replaceAll('-', '');
}

/** The form that the contract takes, as far as it is a rule. */
function ruleIn(text: string, values: DraftValues, zone: string): string {
  const rule = text.trim().replace(/^RRULE:/i, '');
  return rule.replace(/(?<=(?:^|;)UNTIL=)[^;]+/i, (until) => lastDate(until, values, zone));
}

function settleTitle(draft: Draft, notes: LineMessage[]): void {
  const { values, line } = draft;
  const title = String(values.title ?? '').trim();
  const hasContent = draft.kept.length > 0 || [values.description, values.dueDate].some((value) => String(value ?? '').trim() !== '');
  if (title === '' && hasContent) {
    values.title = UNTITLED;
    notes.push({ line, message: `It has no title; it gets the title "${UNTITLED}".` });
    return;
  }
  if (hasAtMost(TITLE_MAX_CODE_POINTS)(title)) return;
  keep(draft, 'Title', title, 'is too long for a title');
  values.title = `${[...title].slice(0, TITLE_MAX_CODE_POINTS - 1).join('')}…`;
}

/** Brings the values of a draft into the form of the contract, as far as that needs no guess. */
export function prepare(source: Source, draft: Draft, zone: string): void {
  const { values } = draft;
  if (isOwn(source)) return;
  settleLabels(draft);
  settleReminders(draft);
  if (typeof values.recurrence === 'string') values.recurrence = ruleIn(values.recurrence, values, zone) || undefined;
  if (values.recurrence !== undefined && values.dueDate === undefined) demote(draft, 'recurrence', 'needs a due date');
  // Tables are corrected by their owner; files of products are taken as they are.
  if (source.kind === 'csv') return;
  settleTitle(draft, source.notes);
  if (typeof values.description === 'string') values.description = values.description.replace(/\r\n?/g, '\n');
}
