import { z } from 'zod';
import { hasAtMost, isStorable, isVisible } from './text.ts';

/** How PostgreSQL keeps a value: types whose values are the same after a way through jsonb. */
export type ColumnType = 'text' | 'timestamp';

/**
 * How the owner of an entity writes a field: 'edit' when creating, editing and importing; 'import' when importing, and otherwise by procedures of the
 * field's own, as `tasks.complete` does.
 */
export type WrittenBy = 'edit' | 'import';

/** What every field says of itself, beside its schemas. */
export interface FieldRule {
  type: ColumnType;
  writtenBy: WrittenBy;
  nullable: boolean;
  /** What a row has where nothing was given; undefined: it must be given, or is null. */
  default?: string | undefined;
  /** Most code points of a text. */
  maxCodePoints?: number | undefined;
  /** Whether a search looks for its words in this text. */
  searched?: boolean | undefined;
}

/** A declared field with its three schemas: `stored` as it is answered, `given` as a new entity takes it, `patch` as an edit takes it, where null clears it. */
export interface Field<Stored extends z.ZodType = z.ZodType, Given extends z.ZodType = z.ZodType, Patch extends z.ZodType = z.ZodType> extends FieldRule {
  stored: Stored;
  given: Given;
  patch: Patch;
}

interface Value<Schema extends z.ZodType<string>, Stored extends z.ZodType<string>> {
  /** What a caller may give. */
  schema: Schema;
  /** What is answered. A rule on content binds new values alone, so it is not here. */
  stored: Stored;
  type: ColumnType;
  maxCodePoints?: number;
  searched?: boolean;
}

/** Text in Unicode's composed form (NFC). With `visible` it must show something; `searched` lets a search find its words. */
export function text(maxCodePoints: number, { visible = false, searched = false } = {}) {
  const schema = z
    .string()
    .normalize('NFC')
    .refine(hasAtMost(maxCodePoints), `must have at most ${maxCodePoints.toLocaleString('en')} characters`)
    .refine(isStorable, 'must be well-formed text without NUL characters')
    .refine((value) => !visible || isVisible(value), 'must not be blank');
  return { schema, stored: z.string(), type: 'text' as const, maxCodePoints, searched };
}

/** The one form in which the API answers times: ISO-8601 in UTC with milliseconds. */
export const utc = z.iso.datetime({ precision: 3 });

/** A point in time, in ISO-8601 with any offset. It is kept and answered in UTC and milliseconds, between the years 1000 and 9999. */
export function timestamp() {
  const schema = z.iso
    .datetime({ offset: true, error: 'must be a time in ISO-8601, such as 2026-01-31T09:30:00Z' })
    .transform((value) => new Date(value).toISOString())
    .refine((value) => /^[1-9]\d{3}-/.test(value), 'must be a time between the years 1000 and 9999');
  return { schema, stored: utc, type: 'timestamp' as const };
}

/** A field that every entity has, and nothing can clear. */
export const required = <Schema extends z.ZodType<string>, Stored extends z.ZodType<string>>({ schema, stored, ...value }: Value<Schema, Stored>) => ({
  ...value,
  writtenBy: 'edit' as const,
  nullable: false as const,
  stored,
  given: schema,
  patch: schema.optional(),
});

/** A field that has `fallback` where nothing was given, or when null clears it. */
export const defaulted = <Schema extends z.ZodType<string>, Stored extends z.ZodType<string>>(
  { schema, stored, ...value }: Value<Schema, Stored>,
  fallback: string,
) => ({
  ...value,
  writtenBy: 'edit' as const,
  nullable: false as const,
  default: fallback,
  stored,
  given: schema.optional().transform((given) => given ?? fallback),
  patch: schema
    .nullable()
    .transform((given) => given ?? fallback)
    .optional(),
});

/** A field that is null where nothing was given, or when null clears it. */
export const nullable = <Schema extends z.ZodType<string>, Stored extends z.ZodType<string>>(
  { schema, stored, ...value }: Value<Schema, Stored>,
  writtenBy: WrittenBy = 'edit',
) => ({
  ...value,
  writtenBy,
  nullable: true as const,
  stored: stored.nullable(),
  given: schema.nullable().default(null),
  patch: schema.nullable().optional(),
});

type Part = 'stored' | 'given' | 'patch';

/** One schema of each field, by the field's name: the shape of an object schema. */
export function shapeOf<Fields extends Record<string, Field>, Name extends Part>(fields: Fields, part: Name): { [Key in keyof Fields]: Fields[Key][Name] };
export function shapeOf(fields: Record<string, Field>, part: Part): Record<string, z.ZodType> {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field[part]]));
}
