import { z } from 'zod';
import { type Field, isSameValue, requirementsOf, shapeOf } from './fields.ts';
import { CURSOR_MAX_CHARACTERS, PAGE_DEFAULT_ITEMS, PAGE_MAX_ITEMS } from './limits.ts';
import { utc } from './values.ts';

type Fields = Record<string, Field>;
type Editable<All extends Fields> = Pick<All, { [Name in keyof All]: All[Name]['writtenBy'] extends 'edit' ? Name : never }[keyof All]>;

/** The fields that editing writes. */
export function editable<All extends Fields>(fields: All): Editable<All>;
export function editable(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, { writtenBy }]) => writtenBy === 'edit'));
}

type Creatable<All extends Fields> = Pick<All, { [Name in keyof All]: All[Name]['writtenBy'] extends 'edit' | 'create' ? Name : never }[keyof All]>;

/** The fields that creating writes. */
export function creatable<All extends Fields>(fields: All): Creatable<All>;
export function creatable(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, { writtenBy }]) => writtenBy !== 'import'));
}

export const id = z.uuid('must be a UUID').toLowerCase();
const expectedVersion = z.int().min(1).max(2_147_483_647);
/** A position in the owner's log: 1 for the first change, then consecutive; 0 before the first. */
export const seq = z.int().min(0);

type FieldChange<Of extends Field> = z.ZodObject<{ from: z.ZodNullable<Of['stored']>; to: z.ZodNullable<Of['stored']> }, z.core.$strict>;

/**
 * The old and new value of each changed field; null where the entity or the value does not exist. Of an entity that is created or removed, the fields with another
 * value than their default.
 */
export function changesOf<All extends Fields>(fields: All): z.ZodObject<{ [Name in keyof All]: z.ZodOptional<FieldChange<All[Name]>> }, z.core.$strict>;
export function changesOf(fields: Fields): z.ZodObject {
  const change = ({ stored }: Field) => z.strictObject({ from: stored.nullable(), to: stored.nullable() }).optional();
  return z.strictObject(Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, change(field)])));
}

/** Reports a field that is given without the field that it requires. An edit may give it alone: the database knows the other one. */
export const checkRequirements = (fields: Fields) => {
  const requirements = requirementsOf(fields);
  const isGiven = (name: string, value: unknown) => value !== undefined && value !== null && !isSameValue(value, fields[name]?.default);
  return (input: Record<string, unknown>, { addIssue }: { addIssue(issue: { code: 'custom'; path: string[]; message: string }): void }): void => {
    for (const [name, required] of requirements)
      if (input[required] === null && isGiven(name, input[name])) addIssue({ code: 'custom', path: [name], message: requiresMessage(required) });
  };
};

export const requiresMessage = (required: string) => `requires ${required}`;

/** The schema of an entity in output. */
export const entityOf = <All extends Fields>(fields: All) =>
  z.strictObject({
    id: z.uuid(),
    ...shapeOf(fields, 'stored'),
    createdAt: utc,
    /** When it last changed. */
    updatedAt: utc,
    /** 1 when created, plus one with each change. Send it as `expectedVersion` to change only the version you have read. */
    version: z.int().min(1),
  });

export const one = { id };
/** Changes the entity only if it has the expected version. */
export const changeOne = { id, expectedVersion: expectedVersion.optional() };
export const restoreOne = { id, seq: seq.min(1).optional() };

export const isUnique = (ids: (string | undefined)[]) => new Set(ids.filter(Boolean)).size === ids.filter(Boolean).length;
export const haveUniqueIds = (items: { id?: string | undefined }[]) => isUnique(items.map((item) => item.id));
export const unique = 'must not repeat an id';

/** Before or after which other entity to place something. */
export const neighbors = { before: id.optional(), after: id.optional() };

interface Placing {
  id?: string | undefined;
  ids?: string[] | undefined;
  before?: string | undefined;
  after?: string | undefined;
}

/** Reports two neighbours, and one that is moved itself. */
export function checkNeighbors(
  { id, ids, before, after }: Placing,
  { addIssue }: { addIssue(issue: { code: 'custom'; path: string[]; message: string }): void },
): void {
  if (before !== undefined && after !== undefined) addIssue({ code: 'custom', path: ['after'], message: 'cannot be combined with before' });
  for (const [name, neighbor] of Object.entries({ before, after }))
    if (neighbor !== undefined && (neighbor === id || ids?.includes(neighbor))) addIssue({ code: 'custom', path: [name], message: 'must not be moved itself' });
}

/** Optional properties of every change. */
const call = {
  /**
   * An idempotency key, a UUID for this call and no other. A retry with it does not apply the change again; it returns the first result. The typed client
   * generates one if it is omitted; choose it yourself if you may retry later, such as after a reload.
   */
  mutationId: id.optional(),
  /** A UUID that groups calls, so that history.undo can undo them together. It requires `mutationId`. */
  groupId: id.optional(),
};

type Shape = z.core.$ZodLooseShape;

const has = (input: object, name: keyof typeof call) => Object(input)[name] !== undefined;
const isDryRun = (input: object) => Object(input).dryRun === true;
const hasRequiredMutationId = (input: object) => isDryRun(input) || !has(input, 'groupId') || has(input, 'mutationId');
const missingMutationId = { path: ['groupId'], message: 'requires mutationId' };

export const changeInput = <Given extends Shape>(shape: Given) => z.strictObject({ ...shape, ...call }).refine(hasRequiredMutationId, missingMutationId);

/** The input of a change that has a dry run. */
export const triableInput = <Given extends Shape>(shape: Given) => {
  const notInDryRun = (name: keyof typeof call) => (input: object) => !(isDryRun(input) && has(input, name));
  return changeInput({
    ...shape,
    /** Changes nothing. Cannot be combined with `mutationId` or `groupId`. */
    dryRun: z.boolean().default(false),
  })
    .refine(notInDryRun('mutationId'), { path: ['mutationId'], message: 'cannot be combined with dryRun' })
    .refine(notInDryRun('groupId'), { path: ['groupId'], message: 'cannot be combined with dryRun' });
};

/** Part of the output of every change: the log position at which it is complete. */
export const done = { seq };

export const imported = z
  .strictObject({
    /** How many were created. */
    created: z.int(),
    /** How many already exist with this content. */
    unchanged: z.int(),
    /** Ids that exist with other content. They are not changed. */
    conflicts: z.array(z.uuid()),
    ...done,
  })
  .meta({ id: 'ImportResult' });

export const cursor = z.string().max(CURSOR_MAX_CHARACTERS);

export const paged = {
  limit: z.int().min(1).max(PAGE_MAX_ITEMS).default(PAGE_DEFAULT_ITEMS),
  /** `nextCursor` of the previous page. */
  cursor: cursor.optional(),
};

export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.strictObject({
    items: z.array(item),
    /** Send it as `cursor` to get the next page; null on the last one. */
    nextCursor: z.string().nullable(),
  });
