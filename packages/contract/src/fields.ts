import type { z } from 'zod';
import type { Value } from './values.ts';

/** Column types. Values of each type survive a conversion to jsonb and back unchanged. */
export type ColumnType = 'text' | 'timestamp' | 'date' | 'uuid' | 'texts' | 'integers';

/** The value of a field as JSON; null for none. */
export type FieldValue = string | readonly string[] | readonly number[] | null;

/**
 * What writes a field: 'edit' means create, edit and import; 'create' means create, import and a procedure for the field, such as `tasks.move`; 'import' means import
 * and a procedure for the field, such as `tasks.complete`.
 */
export type WrittenBy = 'edit' | 'create' | 'import';

export interface FieldRule {
  type: ColumnType;
  writtenBy: WrittenBy;
  nullable: boolean;
  /** The value of an omitted field. Undefined if the field is required, or null by default. */
  default?: FieldValue | undefined;
  /** The field without which this one must have its default. Clearing that one clears this one too. */
  requires?: string | undefined;
  /** The database chooses the value when none is given. */
  assigned?: boolean | undefined;
  /** The entity whose id it holds. What restores an old value clears it if that entity is not there. */
  references?: string | undefined;
  /** The values of a choice. */
  choices?: readonly string[] | undefined;
  /** Maximum number of Unicode code points of a text, or of each text in a list. */
  maxCodePoints?: number | undefined;
  /** Maximum number of items in a list. */
  maxItems?: number | undefined;
  searched?: boolean | undefined;
  /** The form of a text. */
  pattern?: RegExp | undefined;
  /** Maximum number of characters of a text in ASCII. */
  maxCharacters?: number | undefined;
  /** Maximum of each number in a list. */
  max?: number | undefined;
}

/** A declared field and its schemas: `stored` for output, `given` for a new entity, `patch` for an edit, where null clears the field. */
export interface Field<Stored extends z.ZodType = z.ZodType, Given extends z.ZodType = z.ZodType, Patch extends z.ZodType = z.ZodType> extends FieldRule {
  stored: Stored;
  given: Given;
  patch: Patch;
}

/** A field that must be given and cannot be cleared. */
export const required = <Schema extends z.ZodType, Stored extends z.ZodType>({ schema, stored, ...value }: Value<Schema, Stored>) => ({
  ...value,
  writtenBy: 'edit' as const,
  nullable: false as const,
  stored,
  given: schema,
  patch: schema.optional(),
});

interface Requirement {
  requires?: string;
}

/** A field that is `fallback` when omitted or cleared with null. */
export const defaulted = <Schema extends z.ZodType, Stored extends z.ZodType>(
  { schema, stored, ...value }: Value<Schema, Stored>,
  fallback: z.output<Schema> & FieldValue,
  { requires }: Requirement = {},
) => ({
  ...value,
  writtenBy: 'edit' as const,
  nullable: false as const,
  default: fallback,
  requires,
  stored,
  given: schema.optional().transform((given) => given ?? fallback),
  patch: schema
    .nullable()
    .transform((given) => given ?? fallback)
    .optional(),
});

/** A field that is null when omitted or cleared with null. */
export const nullable = <Schema extends z.ZodType, Stored extends z.ZodType, By extends WrittenBy = 'edit'>(
  { schema, stored, ...value }: Value<Schema, Stored>,
  { writtenBy, requires }: Requirement & { writtenBy: By },
) => ({
  ...value,
  writtenBy,
  nullable: true as const,
  requires,
  stored: stored.nullable(),
  given: schema.nullable().default(null),
  patch: schema.nullable().optional(),
});

/** A field that the database sets when it is omitted. `before` is the value of the rows of before the field existed. */
export const assigned = <Schema extends z.ZodType, Stored extends z.ZodType>({ schema, stored, ...value }: Value<Schema, Stored>, before: FieldValue) => ({
  ...value,
  writtenBy: 'import' as const,
  nullable: false as const,
  default: before,
  assigned: true as const,
  stored,
  given: schema.nullable().default(null),
  patch: schema.optional(),
});

type Part = 'stored' | 'given' | 'patch';

/** The shape of an object schema: for each field the schema `part`. */
export function shapeOf<Fields extends Record<string, Field>, Name extends Part>(fields: Fields, part: Name): { [Key in keyof Fields]: Fields[Key][Name] };
export function shapeOf(fields: Record<string, Field>, part: Part): Record<string, z.ZodType> {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field[part]]));
}

/** Each field that requires another one, with that one's name, in the order in which they are cleared. */
export const requirementsOf = (fields: Record<string, FieldRule>): [name: string, required: string][] =>
  Object.entries(fields).flatMap(([name, { requires }]): [string, string][] => (requires === undefined ? [] : [[name, requires]]));

export const isSameValue = (a: unknown, b: unknown): boolean => a === b || (Array.isArray(a) && JSON.stringify(a) === JSON.stringify(b));
