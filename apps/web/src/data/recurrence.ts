import { texts } from '../texts.ts';
import { weekdayOf } from './dates.ts';

const weekdays = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
const WORKDAYS = 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR';

export const presets = ['daily', 'workdays', 'weekly', 'monthly', 'yearly'] as const;
export type Preset = (typeof presets)[number];

/** The rule as it is sent. The server adds the day of the due date, which must be in the same call. */
const rules: Record<Preset, string> = {
  daily: 'FREQ=DAILY',
  workdays: WORKDAYS,
  weekly: 'FREQ=WEEKLY',
  monthly: 'FREQ=MONTHLY',
  yearly: 'FREQ=YEARLY',
};

/** The rule of a preset for a task that is due on this date. */
export function ruleOf(preset: Preset, dueDate: string): string {
  const [, month = 1, day = 1] = dueDate.split('-').map(Number);
  if (preset === 'weekly') return `FREQ=WEEKLY;BYDAY=${weekdays[weekdayOf(dueDate)]}`;
  if (preset === 'monthly' && day <= 28) return `FREQ=MONTHLY;BYMONTHDAY=${day}`;
  if (preset === 'yearly' && day <= 28) return `FREQ=YEARLY;BYMONTH=${month};BYMONTHDAY=${day}`;
  return rules[preset];
}

/** Which preset a rule is; 'custom' for any other. */
export function presetOf(rule: string): Preset | 'custom' {
  if (rule === rules.daily) return 'daily';
  if (rule === WORKDAYS) return 'workdays';
  if (/^FREQ=WEEKLY(;BYDAY=[A-Z]{2})?$/.test(rule)) return 'weekly';
  if (/^FREQ=MONTHLY(;BYMONTHDAY=(\d+|28,[\d,]+;BYSETPOS=-1))?$/.test(rule)) return 'monthly';
  if (/^FREQ=YEARLY(;BYMONTH=\d+;BYMONTHDAY=(\d+|28,[\d,]+;BYSETPOS=-1))?$/.test(rule)) return 'yearly';
  return 'custom';
}

/** What a row says of a rule. */
export const shortRule = (rule: string): string => texts.recurrence[presetOf(rule)];
