import { z } from 'zod';
import type { FieldRule } from './fields.ts';
import { POSITION_MAX_BYTES, RECURRENCE_MAX_CHARACTERS, TIME_ZONE_MAX_CHARACTERS } from './limits.ts';
import { formatRecurrence, readRecurrence } from './recurrence.ts';
import { hasAtMost, isStorable, isVisible } from './text.ts';

/** The kinds of value that a field can hold. */

export interface Value<Schema extends z.ZodType, Stored extends z.ZodType>
  extends Omit<FieldRule, 'writtenBy' | 'nullable' | 'default' | 'requires' | 'assigned'> {
  schema: Schema;
  /** The schema of output. Rules on content apply to new values alone, so they are not included. */
  stored: Stored;
}

/** These expressions mean the same to PostgreSQL. */
const COLOR = /^#[0-9a-f]{6}$/;
const POSITION = /^[B-Za-y][0-9A-Za-z]+$/;
const TIME_OF_DAY = /^([01][0-9]|2[0-3]):[0-5][0-9]$/;
const TIME_ZONE_SHAPE = /^(UTC|[A-Z][A-Za-z_]+(\/[A-Za-z0-9_+-]+){1,2})$/;

/** Zones that were found: asking for one takes 0.1 ms. There are about 600; spellings in other cases count too, so it has a limit. */
const timeZones = new Set<string>();
const TIME_ZONES_MAX = 1_000;

/** Whether this is the name of a time zone in the IANA database. */
export function isTimeZone(name: string): boolean {
  if (timeZones.has(name)) return true;
  if (!TIME_ZONE_SHAPE.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
  } catch {
    return false;
  }
  if (timeZones.size < TIME_ZONES_MAX) timeZones.add(name);
  return true;
}

/** Text in Unicode's composed form (NFC). With `visible` it must not be blank; `searched` includes it in searches. */
export function text(maxCodePoints: number, { visible = false, searched = false } = {}) {
  const schema = z
    .string()
    .normalize('NFC')
    .refine(hasAtMost(maxCodePoints), `must have at most ${maxCodePoints.toLocaleString('en')} characters`)
    .refine(isStorable, 'must be well-formed text without NUL characters')
    .refine((value) => !visible || isVisible(value), 'must not be blank')
    .meta({ ...(visible && { minLength: 1 }), maxLength: maxCodePoints });
  return { schema, stored: z.string(), type: 'text' as const, maxCodePoints, searched };
}

/** The form of all times in output: ISO-8601 in UTC with milliseconds. */
export const utc = z.iso.datetime({ precision: 3 });

/** A point in time, in ISO-8601 with any offset. It is stored and returned in UTC with milliseconds, between the years 1000 and 9999. */
export function timestamp() {
  const schema = z.iso
    .datetime({ offset: true, error: 'must be a time in ISO-8601, such as 2026-01-31T09:30:00Z' })
    .transform((value) => new Date(value).toISOString())
    .refine((value) => /^[1-9]\d{3}-/.test(value), 'must be a time between the years 1000 and 9999');
  return { schema, stored: utc, type: 'timestamp' as const };
}

/** A calendar date between the years 1000 and 9999. It has no time zone. */
export function date() {
  const schema = z.iso
    .date('must be a calendar date, such as 2026-01-31')
    .refine((value) => /^[1-9]/.test(value), 'must be a date between the years 1000 and 9999');
  return { schema, stored: z.string(), type: 'date' as const };
}

/** A time of day in 24 hours. */
export function timeOfDay() {
  const schema = z.string().regex(TIME_OF_DAY, 'must be a time of day, such as 09:30');
  return { schema, stored: z.string(), type: 'text' as const, pattern: TIME_OF_DAY };
}

/** The name of a time zone in the IANA database. */
export function timeZone() {
  const schema = z
    .string()
    .max(TIME_ZONE_MAX_CHARACTERS)
    .refine((value) => isTimeZone(value), 'must be the name of a time zone, such as Europe/Lisbon');
  return { schema, stored: z.string(), type: 'text' as const, pattern: TIME_ZONE_SHAPE, maxCharacters: TIME_ZONE_MAX_CHARACTERS };
}

/** A color as in CSS, in lower case. */
export function color() {
  const schema = z.string().toLowerCase().regex(COLOR, 'must be a color, such as #1e90ff');
  return { schema, stored: z.string(), type: 'text' as const, pattern: COLOR };
}

/** A recurrence rule of RFC 5545, such as FREQ=WEEKLY;BYDAY=MO, in upper case and in one order of its parts. */
export function recurrence() {
  const schema = z
    .string()
    .max(RECURRENCE_MAX_CHARACTERS)
    .transform((text, { addIssue }) => {
      const read = readRecurrence(text);
      if ('rule' in read) return formatRecurrence(read.rule);
      addIssue({ code: 'custom', message: read.wrong });
      return z.NEVER;
    });
  return { schema, stored: z.string(), type: 'text' as const, maxCharacters: RECURRENCE_MAX_CHARACTERS };
}

/** One of these values. */
export const choice = <const Choices extends readonly [string, ...string[]]>(choices: Choices) => ({
  schema: z.enum(choices),
  stored: z.enum(choices),
  type: 'text' as const,
  choices,
});

const isUnique = (values: readonly unknown[]) => new Set(values).size === values.length;

/** A name without white space around it. */
export const name = (maxCodePoints: number) =>
  z
    .string()
    .trim()
    .pipe(text(maxCodePoints, { visible: true }).schema);

export const atMostMessage = (maxItems: number) => `must be at most ${maxItems}`;
export const DIFFERENT_NAMES_MESSAGE = 'must be different, regardless of case';

/** Different names, regardless of case. */
export function names(maxItems: number, maxCodePoints: number) {
  const schema = z
    .array(name(maxCodePoints))
    .max(maxItems, atMostMessage(maxItems))
    .refine((values) => isUnique(values.map((value) => value.toLowerCase())), DIFFERENT_NAMES_MESSAGE);
  return { schema, stored: z.array(z.string()), type: 'texts' as const, maxItems, maxCodePoints };
}

/** Different numbers of minutes, in ascending order. */
export function minutes(maxItems: number, max: number) {
  const schema = z
    .array(z.int().min(0).max(max))
    .max(maxItems, atMostMessage(maxItems))
    .refine(isUnique, 'must be different')
    .transform((values) => values.toSorted((a, b) => a - b));
  return { schema, stored: z.array(z.int()), type: 'integers' as const, maxItems, max };
}

/** The id of another entity of the same owner. */
export const reference = (references: string) => ({ schema: z.uuid('must be a UUID').toLowerCase(), stored: z.uuid(), type: 'uuid' as const, references });

/** How long the integer part of a key is, by its first letter. */
const wholeLength = (key: string) => (key >= 'a' ? key.charCodeAt(0) - 95 : 92 - key.charCodeAt(0));
const isPosition = (key: string) => key.length >= wholeLength(key) && (key.length === wholeLength(key) || !key.endsWith('0'));

/** A key of a manual order, as the npm package fractional-indexing makes them. Keys are compared byte by byte. */
export function position() {
  const schema = z
    .string()
    .max(POSITION_MAX_BYTES)
    .refine((key) => POSITION.test(key) && isPosition(key), 'must be a key of fractional-indexing, such as a0');
  return { schema, stored: z.string(), type: 'text' as const, pattern: POSITION, maxCharacters: POSITION_MAX_BYTES };
}
