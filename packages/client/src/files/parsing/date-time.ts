/** A date, or a date and a time of day, as a file writes it. */
export interface DateTime {
  /** `YYYY-MM-DD` */
  date: string;
  /** `HH:MM`, undefined for a date alone. */
  time: string | undefined;
  /** Milliseconds since 1970, if the text has an offset from UTC. */
  instant: number | undefined;
}

/** Extended and basic ISO 8601, with any digits of a second, and a blank for the T. */
const FORM = /^([1-9]\d{3})(?:-(\d\d)-(\d\d)|(\d\d)(\d\d))(?:[T ](\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?\s?(Z|[+-]\d\d(?::?\d\d)?)?)?$/;

/** `Date` reads 30 February as 1 March, so compare the date after a round trip. */
export function isDate(date: string): boolean {
  const time = /^[1-9]\d{3}-\d\d-\d\d$/.test(date) ? Date.parse(`${date}T00:00:00Z`) : Number.NaN;
  return Number.isFinite(time) && new Date(time).toISOString().startsWith(date);
}

function offsetOf(text: string): number {
  if (text === 'Z') return 0;
  const [hours, minutes] = [Number(text.slice(1, 3)), Number(text.slice(3).replace(':', '') || 0)];
  return (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

/** Undefined for what is no real date, as free text is. */
export function readDateTime(text: string): DateTime | undefined {
  const [, year, month, day, basicMonth, basicDay, hour, minute, second = '00', fraction = '', offset] = FORM.exec(text.trim()) ?? [];
  const date = `${year}-${month ?? basicMonth}-${day ?? basicDay}`;
  if (year === undefined || !isDate(date)) return undefined;
  if (hour === undefined) return { date, time: undefined, instant: undefined };
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const time = `${hour}:${minute}`;
  if (offset === undefined) return { date, time, instant: undefined };
  const instant = Date.parse(`${date}T${time}:${second}.${fraction.padEnd(3, '0').slice(0, 3)}Z`) - offsetOf(offset);
  return { date, time, instant };
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const two = '2-digit';
  const parts = { year: 'numeric', month: two, day: two, hour: two, minute: two, second: two } as const;
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, calendar: 'gregory', numberingSystem: 'latn', hourCycle: 'h23', ...parts });
  formats.set(zone, format);
  return format;
}

const DAY_MS = 86_400_000;

/** What a clock in the zone shows, as if it were UTC. */
function wallOf(instant: number, zone: string): number {
  const [, month, day, year, hour, minute, second] = /^(\d+)\/(\d+)\/(\d+), (\d+):(\d+):(\d+)/.exec(formatOf(zone).format(instant)) ?? [];
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
}

const offsets = new Map<string, number>();
const OFFSETS_MAX = 100_000;

/** The offset of the zone at the beginning of a day in UTC. Asking for it takes long, and a file has many times of few days. */
function offsetOn(day: number, zone: string): number {
  const key = `${zone} ${day}`;
  const known = offsets.get(key);
  if (known !== undefined) return known;
  const offset = wallOf(day * DAY_MS, zone) - day * DAY_MS;
  if (offsets.size < OFFSETS_MAX) offsets.set(key, offset);
  return offset;
}

function offsetAt(instant: number, zone: string): number {
  const day = Math.floor(instant / DAY_MS);
  const offset = offsetOn(day, zone);
  if (offset === offsetOn(day + 1, zone)) return offset;
  const seconds = Math.floor(instant / 1000) * 1000;
  return wallOf(seconds, zone) - seconds;
}

/** The date and time of day of an instant in a zone. */
export function inZone(instant: number, zone: string): { date: string; time: string } {
  const [date = '', time = ''] = new Date(instant + offsetAt(instant, zone)).toISOString().split('T');
  return { date, time: time.slice(0, 5) };
}

/** The instant of a time in a zone, or of the beginning of a date; NaN beyond the year 9999. In the hour that a zone skips, as much later as it skips. */
export function instantOf({ date, time = '00:00', instant }: DateTime, zone: string): number {
  if (instant !== undefined) return instant;
  const wall = Date.parse(`${date}T${time}:00Z`);
  if (!isDate(date)) return Number.NaN;
  const [before, after] = [wall - offsetAt(wall - DAY_MS, zone), wall - offsetAt(wall + DAY_MS, zone)];
  if (before === after) return before;
  return [before, after].find((at) => at + offsetAt(at, zone) === wall) ?? before;
}

/** An instant as output writes it. Undefined outside the years 1000 to 9999. */
export function timestampOf(instant: number | undefined): string | undefined {
  if (instant === undefined || !(Math.abs(instant) < 8.64e15)) return undefined;
  const text = new Date(instant).toISOString();
  return /^[1-9]\d{3}-/.test(text) ? text : undefined;
}

export interface Due {
  dueDate: string;
  dueTime?: string;
  timeZone?: string;
}

/** When a task is due. An instant is shown in the zone, and keeps the zone. */
export function dueOf({ date, time, instant }: DateTime, zone: string): Due {
  if (instant !== undefined) {
    const there = inZone(instant, zone);
    return { dueDate: there.date, dueTime: there.time, timeZone: zone };
  }
  return time === undefined ? { dueDate: date } : { dueDate: date, dueTime: time };
}

/** The day of a date, a time or an instant, as the zone has it. */
export const dayOf = ({ date, instant }: DateTime, zone: string): string => (instant === undefined ? date : inZone(instant, zone).date);

/** Minutes between a reminder and the time or the beginning of the day when the task is due. */
export function minutesBefore(reminder: number, { dueDate, dueTime, timeZone }: Due, zone: string): number {
  return Math.round((instantOf({ date: dueDate, time: dueTime, instant: undefined }, timeZone ?? zone) - reminder) / 60_000);
}
