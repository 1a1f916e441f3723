/** Recurrence rules of RFC 5545 (RRULE) for tasks, which are due on calendar dates. */

const frequencies = ['DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'] as const;
const weekdays = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];

export type Frequency = (typeof frequencies)[number];

/** A weekday, 0 for Monday; with `nth` only that one of its month or year, counted from the end if negative. 0 for each. */
export interface RuleDay {
  weekday: number;
  nth: number;
}

export interface RecurrenceRule {
  freq: Frequency;
  interval: number;
  byMonth: number[];
  byYearDay: number[];
  byMonthDay: number[];
  byDay: RuleDay[];
  bySetPos: number[];
  /** The first day of the week, 0 for Monday. */
  weekStart: number;
  /** How many more times the task is due, including its present due date. */
  count?: number | undefined;
  /** The last date on which it may be due. */
  until?: string | undefined;
}

/** What is wrong with a rule, for people. */
class RuleError extends Error {}

function number(name: string, text: string, min: number, max: number): number {
  const value = /^[+-]?\d{1,4}$/.test(text) ? Number(text) : 0;
  if (value === 0 || Math.abs(value) > max || value < min) throw new RuleError(`${name} must be ${min < 0 ? `1 to ${max} or -${max} to -1` : `1 to ${max}`}`);
  return value;
}

/** In ascending order, those counted from the end last. */
const ascending = (a: number, b: number) => Number(a < 0) - Number(b < 0) || a - b;

const numbers = (name: string, text: string | undefined, min: number, max: number): number[] =>
  text === undefined ? [] : [...new Set(text.split(',').map((item) => number(name, item, min, max)))].sort(ascending);

function weekday(name: string, text: string): number {
  const index = weekdays.indexOf(text);
  if (index < 0) throw new RuleError(`${name} must name days as ${weekdays.join(', ')}`);
  return index;
}

/** The year has 52 whole weeks, a month at most five. */
function days(text: string | undefined, maxNth: number): RuleDay[] {
  if (text === undefined) return [];
  const all = text.split(',').map((item) => ({
    weekday: weekday('BYDAY', item.slice(-2)),
    nth: item.length === 2 ? 0 : number('the number in BYDAY', item.slice(0, -2), -maxNth, maxNth),
  }));
  const sorted = all.sort((a, b) => ascending(a.nth, b.nth) || a.weekday - b.weekday);
  return sorted.filter((day, i) => day.weekday !== sorted[i - 1]?.weekday || day.nth !== sorted[i - 1]?.nth);
}

function until(text: string): string {
  const date = text.replace(/^(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3');
  const time = Date.parse(`${date}T00:00:00Z`);
  if (!/^[1-9]\d{3}-\d\d-\d\d$/.test(date) || Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== date)
    throw new RuleError('UNTIL must be a date without a time, such as 20261231');
  return date;
}

const names = ['FREQ', 'INTERVAL', 'BYMONTH', 'BYYEARDAY', 'BYMONTHDAY', 'BYDAY', 'BYSETPOS', 'WKST', 'COUNT', 'UNTIL'] as const;
type PartName = (typeof names)[number];
type Parts = Partial<Record<PartName, string>>;

function partsOf(text: string): Parts {
  const parts: Parts = {};
  for (const part of text.toUpperCase().split(';')) {
    const [given, value, more] = part.split('=');
    const name = names.find((each) => each === given);
    if (!name) throw new RuleError('must be a recurrence rule such as FREQ=WEEKLY;BYDAY=MO, with the parts '.concat(names.join(', ')));
    if (!value || more !== undefined) throw new RuleError(`${name} must have one value`);
    if (parts[name] !== undefined) throw new RuleError(`${name} must not be repeated`);
    parts[name] = value;
  }
  return parts;
}

/** Parts that RFC 5545 excludes with a frequency, and BYSETPOS of a single day. */
const excluded: Record<Frequency, PartName[]> = {
  DAILY: ['BYYEARDAY', 'BYSETPOS'],
  WEEKLY: ['BYYEARDAY', 'BYMONTHDAY'],
  MONTHLY: ['BYYEARDAY'],
  YEARLY: [],
};

/** The most days that BYSETPOS can select among. */
const daysIn: Record<Frequency, number> = { DAILY: 1, WEEKLY: 7, MONTHLY: 31, YEARLY: 366 };

/** Throws RuleError. */
function parse(text: string): RecurrenceRule {
  const parts = partsOf(text);
  const freq = frequencies.find((each) => each === parts.FREQ);
  if (!freq) throw new RuleError(`FREQ must be ${frequencies.join(', ')}`);
  const wrong = excluded[freq].find((name) => parts[name] !== undefined);
  if (wrong) throw new RuleError(`${wrong} cannot be combined with FREQ=${freq}`);
  if (parts.COUNT && parts.UNTIL) throw new RuleError('COUNT cannot be combined with UNTIL');
  const isInMonth = freq === 'MONTHLY' || parts.BYMONTH !== undefined;
  const rule: RecurrenceRule = {
    freq,
    interval: parts.INTERVAL ? number('INTERVAL', parts.INTERVAL, 1, 999) : 1,
    byMonth: numbers('BYMONTH', parts.BYMONTH, 1, 12),
    byYearDay: numbers('BYYEARDAY', parts.BYYEARDAY, -366, 366),
    byMonthDay: numbers('BYMONTHDAY', parts.BYMONTHDAY, -31, 31),
    byDay: days(parts.BYDAY, isInMonth ? 5 : 53),
    bySetPos: numbers('BYSETPOS', parts.BYSETPOS, -daysIn[freq], daysIn[freq]),
    weekStart: parts.WKST ? weekday('WKST', parts.WKST) : 0,
    count: parts.COUNT ? number('COUNT', parts.COUNT, 1, 9999) : undefined,
    until: parts.UNTIL ? until(parts.UNTIL) : undefined,
  };
  if ((freq === 'DAILY' || freq === 'WEEKLY') && rule.byDay.some(({ nth }) => nth !== 0))
    throw new RuleError('BYDAY may have numbers with FREQ=MONTHLY and FREQ=YEARLY only');
  if (rule.bySetPos.length && !(rule.byMonth.length || rule.byYearDay.length || rule.byMonthDay.length || rule.byDay.length))
    throw new RuleError('BYSETPOS needs another part that begins with BY');
  return rule;
}

const list = (name: string, values: (number | string)[]) => (values.length ? [`${name}=${values.join()}`] : []);

/** In the order of `names`, without what is the default. */
export const formatRecurrence = (rule: RecurrenceRule): string =>
  [
    `FREQ=${rule.freq}`,
    ...list('INTERVAL', rule.interval === 1 ? [] : [rule.interval]),
    ...list('BYMONTH', rule.byMonth),
    ...list('BYYEARDAY', rule.byYearDay),
    ...list('BYMONTHDAY', rule.byMonthDay),
    ...list(
      'BYDAY',
      rule.byDay.map(({ weekday, nth }) => `${nth || ''}${weekdays[weekday]}`),
    ),
    ...list('BYSETPOS', rule.bySetPos),
    ...list('WKST', rule.weekStart === 0 ? [] : [weekdays[rule.weekStart] ?? '']),
    ...list('COUNT', rule.count === undefined ? [] : [rule.count]),
    ...list('UNTIL', rule.until === undefined ? [] : [rule.until.replaceAll('-', '')]),
  ].join(';');

/** The rule, or what is wrong with it. */
export function readRecurrence(text: string): { rule: RecurrenceRule } | { wrong: string } {
  try {
    return { rule: parse(text) };
  } catch (error) {
    if (error instanceof RuleError) return { wrong: error.message };
    throw error;
  }
}

/** Whether the rule alone says on which days it recurs. If not, RFC 5545 takes the day from the date it begins with. */
const isSelfContained = ({ freq, byDay, byMonthDay, byYearDay }: RecurrenceRule): boolean =>
  freq === 'DAILY' || [byDay, byMonthDay, byYearDay].some((part) => part.length);

/** The rule with the days of `date`. A day that not every month has becomes the last day of the shorter ones: BYMONTHDAY=28,29,30;BYSETPOS=-1. */
export function selfContained(rule: RecurrenceRule, date: string): RecurrenceRule {
  if (isSelfContained(rule)) return rule;
  const [month = 1, day = 1] = date.split('-').slice(1).map(Number);
  if (rule.freq === 'WEEKLY') return { ...rule, byDay: [{ weekday: (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7, nth: 0 }] };
  const byMonth = rule.freq === 'YEARLY' && !rule.byMonth.length ? [month] : rule.byMonth;
  const isOneMonth = rule.freq === 'MONTHLY' || byMonth.length === 1;
  if (day <= 28 || !isOneMonth || rule.bySetPos.length) return { ...rule, byMonth, byMonthDay: [day] };
  return { ...rule, byMonth, byMonthDay: Array.from({ length: day - 27 }, (_, i) => 28 + i), bySetPos: [-1] };
}

export interface Recurring {
  recurrence?: string | null | undefined;
  dueDate?: string | null | undefined;
  repeatFrom?: string | undefined;
}

/** The rule of an input that lacks its days. A rule from completion may lack them: it counts from the day of the completion. */
function incomplete({ recurrence, repeatFrom }: Recurring): RecurrenceRule | undefined {
  const read = recurrence && repeatFrom !== 'completion' ? readRecurrence(recurrence) : undefined;
  return read && 'rule' in read && !isSelfContained(read.rule) ? read.rule : undefined;
}

interface Issues {
  addIssue(issue: { code: 'custom'; path: string[]; message: string }): void;
}

export function checkRecurrence(input: Recurring, { addIssue }: Issues): void {
  if (input.dueDate === undefined && incomplete(input))
    addIssue({ code: 'custom', path: ['recurrence'], message: 'needs BYDAY or BYMONTHDAY, or a dueDate in the same call to take them from' });
}

/** Completes the rule of an input with the days of its due date. */
export function completeRecurrence<Input extends Recurring>(input: Input): Input {
  const rule = input.dueDate ? incomplete(input) : undefined;
  return rule && input.dueDate ? { ...input, recurrence: formatRecurrence(selfContained(rule, input.dueDate)) } : input;
}
