import { type ColumnType, entities, type Field } from '@todo/contract';

/** Values of every declared field, made from what its declaration says. */

/** A value as it is given, null for none, and as it is stored and answered. */
interface Sample {
  given: string | null;
  stored: string | null;
}

/** A sample of each field, by its name. */
export type Profile = Record<string, Sample>;

/** A task before and after a change: of every field, or of one alone. */
export interface Pair {
  before: Profile;
  after: Profile;
  /** The fields that change. */
  changed: string[];
}

const fields: [name: string, field: Field][] = Object.entries(entities.task.fields);
export const names = fields.map(([name]) => name);
const written = new Map(fields.map(([name, { writtenBy }]) => [name, writtenBy]));
export const editableNames = names.filter((name) => written.get(name) === 'edit');
/** Fields that an entity can be without. */
export const optionalNames = fields.filter(([, { nullable, default: fallback }]) => nullable || fallback !== undefined).map(([name]) => name);

const candidates: Record<ColumnType, (field: Field) => string[]> = {
  text: ({ maxCodePoints = 1 }) => [
    '10.5',
    'true',
    'null',
    '{}',
    'Cafe\u0301',
    `"quotes" 'and' \\N \\. \`marks\`, %_$1`,
    'two\nlines\tand a tab',
    '🧀'.repeat(maxCodePoints),
  ],
  timestamp: () => ['2026-01-31T09:30:00.123+02:00', '1000-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z'],
};

/** What a field is where nothing was given. */
const fallbackOf = ({ default: fallback }: Field): string | null => fallback ?? null;

function samplesOf(field: Field): Sample[] {
  const samples = candidates[field.type](field).flatMap((given) => {
    const { success, data } = field.given.safeParse(given);
    return success ? [{ given, stored: String(data) }] : [];
  });
  const isOptional = field.nullable || field.default !== undefined;
  return [...samples, ...(isOptional ? [{ given: null, stored: fallbackOf(field) }] : [])];
}

const samples = new Map(fields.map(([name, field]) => [name, samplesOf(field)]));
const most = Math.max(...[...samples.values()].map(({ length }) => length));

const pick = (name: string, index: number): Sample => {
  const all = samples.get(name) ?? [];
  const sample = all[index % all.length];
  if (!sample) throw new Error(`There is no value for ${name}.`);
  return sample;
};

/** No two fields have the same value, so that none can stand for another. */
const profile = (index: number): Profile => Object.fromEntries(names.map((name, place) => [name, pick(name, index + place)]));

const wholes = Array.from({ length: most }, (_, i): Pair => ({ before: profile(i), after: profile(i + 1), changed: names }));
const singles = [...samples].flatMap(([name, all]) =>
  all.map((sample, i): Pair => ({ before: { ...profile(0), [name]: sample }, after: { ...profile(0), [name]: pick(name, i + 1) }, changed: [name] })),
);
export const pairs = [...wholes, ...singles];

const mapped = <Value>(of: Profile, make: (sample: Sample, name: string) => Value): Record<string, Value> =>
  Object.fromEntries(Object.entries(of).map(([name, sample]) => [name, make(sample, name)]));

/** The editable fields alone; the others are as they are where nothing was given. */
export const editableOf = (of: Profile): Profile =>
  Object.fromEntries(fields.map(([name, field]) => [name, (field.writtenBy === 'edit' && of[name]) || { given: null, stored: fallbackOf(field) }]));

/** With one field as it is where nothing was given. */
export const without = (of: Profile, name: string): Profile =>
  Object.fromEntries(fields.map(([each, field]) => [each, (each !== name && of[each]) || { given: null, stored: fallbackOf(field) }]));

export const storedOf = (of: Profile) => mapped(of, ({ stored }) => stored);
/** As creating and importing take it. */
export const givenOf = (of: Profile) => mapped(of, ({ given }) => given ?? undefined);
/** As an edit takes it. */
export const patchOf = (of: Profile, changed: string[]) =>
  Object.fromEntries(changed.filter((name) => written.get(name) === 'edit').map((name) => [name, of[name]?.given ?? null]));

/** With another value of one field. */
export function withOther(of: Profile, name: string): Profile {
  const other = samples.get(name)?.find(({ stored }) => stored !== of[name]?.stored);
  if (!other) throw new Error(`There is no other value for ${name}.`);
  return { ...of, [name]: other };
}

/** What history says of a change from one to the other; undefined where there was, or is, no entity. */
export const changesBetween = (before: Profile | undefined, after: Profile | undefined) =>
  Object.fromEntries(
    names.flatMap((name) => {
      const [from, to] = [before?.[name]?.stored ?? null, after?.[name]?.stored ?? null];
      return from === to ? [] : [[name, { from, to }]];
    }),
  );
