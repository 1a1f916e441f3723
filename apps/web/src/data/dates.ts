import { useSyncExternalStore } from 'react';
import { texts } from '../texts.ts';

const DAY_MS = 86_400_000;

/** Calendar dates are texts such as 2026-01-31, as in the contract. */
export const dateOf = (time: Date): string =>
  `${time.getFullYear()}-${String(time.getMonth() + 1).padStart(2, '0')}-${String(time.getDate()).padStart(2, '0')}`;

const utcOf = (date: string) => new Date(`${date}T00:00:00Z`);
export const addDays = (date: string, days: number): string => new Date(utcOf(date).getTime() + days * DAY_MS).toISOString().slice(0, 10);
const daysBetween = (from: string, to: string): number => Math.round((utcOf(to).getTime() - utcOf(from).getTime()) / DAY_MS);
/** 0 for Monday. */
export const weekdayOf = (date: string): number => (utcOf(date).getUTCDay() + 6) % 7;

const today = () => dateOf(new Date());
const eachMinute = (listener: () => void) => {
  const timer = setInterval(listener, 30_000);
  return () => clearInterval(timer);
};
/** Today where the person is; it changes at midnight. */
export const useToday = (): string => useSyncExternalStore(eachMinute, today);

const formats = {
  weekday: new Intl.DateTimeFormat(undefined, { weekday: 'long', timeZone: 'UTC' }),
  day: new Intl.DateTimeFormat(undefined, { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' }),
  year: new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' }),
  long: new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long', timeZone: 'UTC' }),
  moment: new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }),
};

/** The day itself, with its year unless that is this one. */
export const plainDate = (date: string, now: string): string => (date.slice(0, 4) === now.slice(0, 4) ? formats.day : formats.year).format(utcOf(date));

/** Short, relative to today where that is shorter. */
export function shortDate(date: string, now: string): string {
  const days = daysBetween(now, date);
  if (days === 0) return texts.dates.today;
  if (days === 1) return texts.dates.tomorrow;
  if (days === -1) return texts.dates.yesterday;
  if (days > 1 && days < 7) return formats.weekday.format(utcOf(date));
  return plainDate(date, now);
}

export const longDate = (date: string): string => formats.long.format(utcOf(date));
export const momentOf = (timestamp: string): string => formats.moment.format(new Date(timestamp));

/** A heading for a day: "Tomorrow, Tuesday 1 December". */
export function dayHeading(date: string, now: string): string {
  const days = daysBetween(now, date);
  const relative = days === 0 ? texts.dates.today : days === 1 ? texts.dates.tomorrow : days === -1 ? texts.dates.yesterday : undefined;
  const full = Math.abs(days) > 300 ? formats.year.format(utcOf(date)) : longDate(date);
  return relative ? `${relative} · ${full}` : full;
}
