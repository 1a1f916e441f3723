import { type ColumnType, type EntityName, entities, type Field, type FieldValue, isSameValue, requirementsOf } from '@todo/contract';
import { expect } from 'vitest';

/** Sample values of every declared field, derived from its declaration. */

/** A value in input (null for none) and in output. */
interface Sample {
  given: FieldValue;
  stored: FieldValue;
}

/** A sample of each field, by its name. */
export type Profile = Record<string, Sample>;

/** An entity before and after a change of all fields, or of one. */
export interface Pair {
  before: Profile;
  after: Profile;
  /** The fields that change. */
  changed: string[];
}

/** Entities to which fields refer, by their kind. */
export const referenceIds = { list: ['01a20000-0000-7000-8000-000000000001', '01a20000-0000-7000-8000-000000000002'] };

/** The fields that a value may belong to are found by trying it. */
const candidates: Record<ColumnType, (field: Field) => FieldValue[]> = {
  text: ({ choices, maxCodePoints }) =>
    maxCodePoints === undefined
      ? [
          ...(choices ?? []),
          '#1E90FF',
          '#000000',
          'a0',
          'b00V',
          'Zz',
          '09:30',
          '23:59',
          'Europe/Lisbon',
          'UTC',
          'FREQ=DAILY',
          'FREQ=WEEKLY;BYDAY=MO,TH;COUNT=3',
        ]
      : ['10.5', 'true', 'null', '{}', 'Cafe\u0301', `"quotes" 'and' \\N \\. \`marks\`, %_$1`, 'two\nlines\tand a tab', '🧀'.repeat(maxCodePoints)],
  date: () => ['2026-02-28', '1000-01-01', '9999-12-31'],
  uuid: ({ references }) => (references === 'list' ? referenceIds.list : []),
  texts: ({ maxItems = 1, maxCodePoints = 1 }) => [
    ['home'],
    ['Cafe\u0301', 'null', 'a "b" \\ {c}'],
    Array.from({ length: maxItems }, (_, i) => `${'🧀'.repeat(maxCodePoints - 2)}${10 + i}`),
  ],
  integers: ({ maxItems = 1 }) => [[0], [60, 10], Array.from({ length: maxItems }, (_, i) => 10_000 * i)],
  timestamp: () => ['2026-01-31T09:30:00.123+02:00', '1000-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z'],
};

const isValue = (data: unknown): data is FieldValue => typeof data === 'string' || Array.isArray(data);

/** The value of an omitted field. */
const fallbackOf = ({ default: fallback }: Field): FieldValue => fallback ?? null;

function samplesOf(field: Field): Sample[] {
  const samples = candidates[field.type](field).flatMap((given) => {
    const { data } = field.given.safeParse(given);
    return isValue(data) ? [{ given, stored: data }] : [];
  });
  // The database chooses what is missing of an assigned field.
  const isOptional = !field.assigned && (field.nullable || field.default !== undefined);
  return [...samples, ...(isOptional ? [{ given: null, stored: fallbackOf(field) }] : [])];
}

/** Samples of all fields of one kind of entity. */
export function createSamples(entity: EntityName) {
  const fields: [name: string, field: Field][] = Object.entries(entities[entity].fields);
  const names = fields.map(([name]) => name);
  const written = new Map(fields.map(([name, { writtenBy }]) => [name, writtenBy]));
  /** The kinds of entity to which it refers. */
  const references = new Set(fields.flatMap(([, field]) => field.references ?? []));
  const editableNames = names.filter((name) => written.get(name) === 'edit');
  const requirements = requirementsOf(entities[entity].fields);
  /** Fields that may be omitted, and that no other requires. */
  const optionalNames = fields
    .filter(([name, { nullable, default: fallback }]) => (nullable || fallback !== undefined) && !requirements.some(([, required]) => required === name))
    .map(([name]) => name);

  const samples = new Map(fields.map(([name, field]) => [name, samplesOf(field)]));
  const most = Math.max(...[...samples.values()].map(({ length }) => length));

  const pick = (name: string, index: number): Sample => {
    const all = samples.get(name) ?? [];
    const sample = all[index % all.length];
    if (!sample) throw new Error(`There is no value for ${name}.`);
    return sample;
  };

  const isMissing = (of: Profile, name: string) => of[name]?.stored === null;

  /** Without the fields that lack the one they require. */
  function cleared(of: Profile): Profile {
    const rest = { ...of };
    for (const [name, field] of fields)
      if (requirements.some(([each, required]) => each === name && isMissing(rest, required))) rest[name] = { given: null, stored: fallbackOf(field) };
    return rest;
  }

  /** All fields have different values, so that a mix-up is noticed. */
  const profile = (index: number): Profile => Object.fromEntries(names.map((name, position) => [name, pick(name, index + position)]));

  const pairOf = (before: Profile, after: Profile): Pair => ({
    before,
    after,
    changed: names.filter((name) => !isSameValue(before[name]?.stored, after[name]?.stored)),
  });

  const numbers = Array.from({ length: most }, (_, i) => i);
  const wholes = numbers.map((i) => pairOf(cleared(profile(i)), cleared(profile(i + 1))));

  /** A profile in which every field may have a value. */
  const open = numbers.map(profile).find((each) => requirements.every(([, required]) => !isMissing(each, required)));
  if (!open) throw new Error('No profile has all fields that others require.');
  const singles = [...samples].flatMap(([name, all]) =>
    all.map((sample, i) => pairOf(cleared({ ...open, [name]: sample }), cleared({ ...open, [name]: pick(name, i + 1) }))),
  );
  const pairs = [...wholes, ...singles].filter(({ changed }) => changed.length > 0);

  const mapped = <Value>(of: Profile, make: (sample: Sample, name: string) => Value): Record<string, Value> =>
    Object.fromEntries(Object.entries(of).map(([name, sample]) => [name, make(sample, name)]));

  /** Only the fields that creating writes; the others have their default, or a value that the database chooses. */
  const creatableOf = (of: Profile): Profile =>
    Object.fromEntries(
      fields.map(([name, field]) => {
        const omitted = { given: null, stored: field.assigned ? expect.any(String) : fallbackOf(field) };
        return [name, (field.writtenBy !== 'import' && of[name]) || omitted];
      }),
    );

  /** With the default in one field. */
  const without = (of: Profile, name: string): Profile =>
    Object.fromEntries(fields.map(([each, field]) => [each, (each !== name && of[each]) || { given: null, stored: fallbackOf(field) }]));

  const storedOf = (of: Profile) => mapped(of, ({ stored }) => stored);
  /** Input to create or import it. */
  const givenOf = (of: Profile) => mapped(of, ({ given }) => given ?? undefined);
  /** Input to edit it. */
  const patchOf = (of: Profile, changed: string[]) =>
    Object.fromEntries(changed.filter((name) => written.get(name) === 'edit').map((name) => [name, of[name]?.given ?? null]));

  /** With another value of one field. */
  function withOther(of: Profile, name: string): Profile {
    const other = samples.get(name)?.find(({ stored }) => !isSameValue(stored, of[name]?.stored));
    if (!other) throw new Error(`There is no other value for ${name}.`);
    return { ...of, [name]: other };
  }

  /** `changes` in the history from one to the other; undefined if the entity does not exist. */
  const changesBetween = (before: Profile | undefined, after: Profile | undefined) =>
    Object.fromEntries(
      fields.flatMap(([name, field]) => {
        const [from, to] = [before?.[name]?.stored ?? null, after?.[name]?.stored ?? null];
        if (field.assigned && ![from, to].every((value) => value === null || isValue(value))) return [];
        const valueIn = (side: Profile | undefined) => (side ? side[name]?.stored : fallbackOf(field));
        return isSameValue(valueIn(before), valueIn(after)) ? [] : [[name, { from, to }]];
      }),
    );

  return { names, references, editableNames, optionalNames, pairs, creatableOf, without, storedOf, givenOf, patchOf, withOther, changesBetween };
}
