import type { Frequency, RecurrenceRule, RuleDay } from '@todo/contract';

/** Days are numbered from 1970-01-01, which was a Thursday. */
const DAY_MS = 86_400_000;
const THURSDAY = 3;

export const dayOf = (date: string): number => Date.parse(`${date}T00:00:00Z`) / DAY_MS;
export const dateOf = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);
const LAST_DAY = dayOf('9999-12-31');

/** More than 13 years of a rule with INTERVAL=1. 29 February is at most eight years away, Friday the 13th of a given month twelve. */
const DAYS_EXAMINED_MAX = 5_000;

/** Months are numbered from January of the year 0. */
const monthOf = (day: number) => {
  const date = new Date(day * DAY_MS);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
};
const monthStart = (month: number) => Date.UTC(Math.floor(month / 12), month - 12 * Math.floor(month / 12)) / DAY_MS;
const weekdayOf = (day: number) => (((day + THURSDAY) % 7) + 7) % 7;

/** The number of the period that holds a day, and its first day. A period is what INTERVAL counts. */
const periods: Record<Frequency, { of(day: number, weekStart: number): number; start(period: number, weekStart: number): number }> = {
  DAILY: { of: (day) => day, start: (period) => period },
  WEEKLY: {
    of: (day, weekStart) => Math.floor((day + THURSDAY - weekStart) / 7),
    start: (period, weekStart) => period * 7 - THURSDAY + weekStart,
  },
  MONTHLY: { of: monthOf, start: monthStart },
  YEARLY: { of: (day) => Math.floor(monthOf(day) / 12), start: (period) => monthStart(period * 12) },
};

interface Span {
  first: number;
  end: number;
}

/** The month of a day. Days come mostly in order, so the last answer is kept. */
function monthAt(): (day: number) => Span & { number: number } {
  let last = { number: 0, first: 0, end: 0 };
  return (day) => {
    if (day >= last.first && day < last.end) return last;
    const number = monthOf(day);
    last = { number, first: monthStart(number), end: monthStart(number + 1) };
    return last;
  };
}

/** The year of a month. */
function yearAt(month: number): Span {
  const january = month - (month % 12);
  return { first: monthStart(january), end: monthStart(january + 12) };
}

/** Whether `day` is the nth one of its weekday. */
const isNth = (nth: number, day: number, { first, end }: Span) => Math.ceil((nth > 0 ? day - first + 1 : end - day) / 7) === Math.abs(nth);

/** Whether a part, if it is given, names the position, counted from 1 or from the end. */
const isIn = (values: number[], position: number, length: number) => !values.length || values.includes(position) || values.includes(position - length - 1);
const isDayIn = (values: number[], day: number, { first, end }: Span) => isIn(values, day - first + 1, end - first);

/** Of a self-contained rule each part only filters the days of a period. */
function matcher({ freq, byMonth, byYearDay, byMonthDay, byDay }: RecurrenceRule): (day: number) => boolean {
  const monthOfDay = monthAt();
  const isInMonth = freq === 'MONTHLY' || byMonth.length > 0;
  return (day) => {
    const weekday = weekdayOf(day);
    if (byDay.length && !byDay.some((each) => each.weekday === weekday)) return false;
    const month = monthOfDay(day);
    if (byMonth.length && !byMonth.includes((month.number % 12) + 1)) return false;
    if (!isDayIn(byMonthDay, day, month)) return false;
    if (byYearDay.length && !isDayIn(byYearDay, day, yearAt(month.number))) return false;
    const isNamed = ({ nth }: RuleDay) => nth === 0 || isNth(nth, day, isInMonth ? month : yearAt(month.number));
    return !byDay.length || byDay.some((each) => each.weekday === weekday && isNamed(each));
  };
}

/**
 * The days of a self-contained rule after `after`, in order. INTERVAL counts from the period that holds `anchor`; COUNT and UNTIL are not looked at. Ends with the
 * year 9999, or when it has examined as many days as it may.
 */
export function* daysAfter(rule: RecurrenceRule, anchor: number, after: number): Generator<number, void> {
  const { of, start } = periods[rule.freq];
  const matches = matcher(rule);
  const first = of(anchor, rule.weekStart);
  let period = first + Math.max(0, Math.floor((of(after, rule.weekStart) - first) / rule.interval)) * rule.interval;
  for (let examined = 0; examined < DAYS_EXAMINED_MAX; period += rule.interval) {
    const [from, end] = [start(period, rule.weekStart), start(period + 1, rule.weekStart)];
    if (from > LAST_DAY) return;
    const days: number[] = [];
    for (let day = from; day < end; day += 1) if (matches(day)) days.push(day);
    for (const [i, day] of days.entries()) if (day > after && day <= LAST_DAY && isIn(rule.bySetPos, i + 1, days.length)) yield day;
    examined += end - from;
  }
}
