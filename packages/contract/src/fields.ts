import { z } from 'zod';
import { hasAtMost, isStorable, isVisible } from './text.ts';

/** Column types. Values of each type survive a conversion to jsonb and back unchanged. */
export type ColumnType = 'text' | 'timestamp';

/** What writes a field: 'edit' means create, edit and import; 'import' means import and a procedure for the field, such as `tasks.complete`. */
export type WrittenBy = 'edit' | 'import';

export interface FieldRule {
  type: ColumnType;
  writtenBy: WrittenBy;
  nullable: boolean;
  /** The value of an omitted field. Undefined if the field is required, or null by default. */
  default?: string | undefined;
  /** Maximum number of Unicode code points of a text. */
  maxCodePoints?: number | undefined;
  searched?: boolean | undefined;
}

/** A declared field and its schemas: `stored` for output, `given` for a new entity, `patch` for an edit, where null clears the field. */
export interface Field<Stored extends z.ZodType = z.ZodType, Given extends z.ZodType = z.ZodType, Patch extends z.ZodType = z.ZodType> extends FieldRule {
  stored: Stored;
  given: Given;
  patch: Patch;
}

interface Value<Schema extends z.ZodType<string>, Stored extends z.ZodType<string>> {
  schema: Schema;
  /** The schema of output. Rules on content apply to new values alone, so they are not included. */
  stored: Stored;
  type: ColumnType;
  maxCodePoints?: number;
  searched?: boolean;
}

/** Text in Unicode's composed form (NFC). With `visible` it must not be blank; `searched` includes it in searches. */
export function text(maxCodePoints: number, { visible = false, searched = false } = {}) {
  const schema = z
    .string()
    .normalize('NFC')
    .refine(hasAtMost(maxCodePoints), `must have at most ${maxCodePoints.toLocaleString('en')} characters`)
    .refine(isStorable, 'must be well-formed text without NUL characters')
    .refine((value) => !visible || isVisible(value), 'must not be blank');
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

/** A field that must be given and cannot be cleared. */
export const required = <Schema extends z.ZodType<string>, Stored extends z.ZodType<string>>({ schema, stored, ...value }: Value<Schema, Stored>) => ({
  ...value,
  writtenBy: 'edit' as const,
  nullable: false as const,
  stored,
  given: schema,
  patch: schema.optional(),
});

/** A field that is `fallback` when omitted or cleared with null. */
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

/** A field that is null when omitted or cleared with null. */
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

/** The shape of an object schema: for each field the schema `part`. */
export function shapeOf<Fields extends Record<string, Field>, Name extends Part>(fields: Fields, part: Name): { [Key in keyof Fields]: Fields[Key][Name] };
export function shapeOf(fields: Record<string, Field>, part: Part): Record<string, z.ZodType> {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field[part]]));
}
