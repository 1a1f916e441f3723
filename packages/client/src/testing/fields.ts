import { type ColumnType, entities, type Field } from '@todo/contract';

/** Sample values of every declared field, derived from its declaration. */

/** A value in input (null for none) and in output. */
interface Sample {
  given: string | null;
  stored: string | null;
}

/** A sample of each field, by its name. */
export type Profile = Record<string, Sample>;

/** A task before and after a change of all fields, or of one. */
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
/** Fields that may be omitted. */
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

/** The value of an omitted field. */
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

/** All fields have different values, so that a mix-up is noticed. */
const profile = (index: number): Profile => Object.fromEntries(names.map((name, position) => [name, pick(name, index + position)]));

const wholes = Array.from({ length: most }, (_, i): Pair => ({ before: profile(i), after: profile(i + 1), changed: names }));
const singles = [...samples].flatMap(([name, all]) =>
  all.map((sample, i): Pair => ({ before: { ...profile(0), [name]: sample }, after: { ...profile(0), [name]: pick(name, i + 1) }, changed: [name] })),
);
export const pairs = [...wholes, ...singles];

const mapped = <Value>(of: Profile, make: (sample: Sample, name: string) => Value): Record<string, Value> =>
  Object.fromEntries(Object.entries(of).map(([name, sample]) => [name, make(sample, name)]));

/** Only the editable fields; the others have their default. */
export const editableOf = (of: Profile): Profile =>
  Object.fromEntries(fields.map(([name, field]) => [name, (field.writtenBy === 'edit' && of[name]) || { given: null, stored: fallbackOf(field) }]));

/** With the default in one field. */
export const without = (of: Profile, name: string): Profile =>
  Object.fromEntries(fields.map(([each, field]) => [each, (each !== name && of[each]) || { given: null, stored: fallbackOf(field) }]));

export const storedOf = (of: Profile) => mapped(of, ({ stored }) => stored);
/** Input to create or import it. */
export const givenOf = (of: Profile) => mapped(of, ({ given }) => given ?? undefined);
/** Input to edit it. */
export const patchOf = (of: Profile, changed: string[]) =>
  Object.fromEntries(changed.filter((name) => written.get(name) === 'edit').map((name) => [name, of[name]?.given ?? null]));

/** With another value of one field. */
export function withOther(of: Profile, name: string): Profile {
  const other = samples.get(name)?.find(({ stored }) => stored !== of[name]?.stored);
  if (!other) throw new Error(`There is no other value for ${name}.`);
  return { ...of, [name]: other };
}

/** `changes` in the history from one to the other; undefined if the entity does not exist. */
export const changesBetween = (before: Profile | undefined, after: Profile | undefined) =>
  Object.fromEntries(
    names.flatMap((name) => {
      const [from, to] = [before?.[name]?.stored ?? null, after?.[name]?.stored ?? null];
      return from === to ? [] : [[name, { from, to }]];
    }),
  );
