import fc from 'fast-check';
import type { z } from 'zod';
import { extraFields, numbers, structures, texts } from './corpus.ts';
import { Raw } from './render.ts';

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** What a field can refer to: of the attacker, of another person, of nobody. */
export interface Handles {
  ids: readonly string[];
  cursors: readonly string[];
  seqs: readonly number[];
  emails: readonly string[];
  /** Anything else, such as hashes and tokens. */
  words: readonly string[];
  /** What goes together in one sign-in, by field: an address with its password, and a code that was used. */
  logins: readonly Record<string, string>[];
}

export interface Pool {
  own: Handles;
  foreign: Handles;
}

/** A schema, and those that it refers to. */
export interface Described {
  schema: JsonSchema;
  definitions: Record<string, JsonSchema>;
}

const isSchema = (schema: unknown): schema is JsonSchema => typeof schema === 'object' && schema !== null && !Array.isArray(schema);

export function describeSchema(json: JsonSchema): Described {
  const definitions = Object.entries(json.$defs ?? {}).filter((entry): entry is [string, JsonSchema] => isSchema(entry[1]));
  return { schema: json, definitions: Object.fromEntries(definitions) };
}

/** Follows references, and lists the alternatives. */
export function alternatives(schema: JsonSchema, definitions: Described['definitions']): JsonSchema[] {
  const named = schema.$ref === undefined ? undefined : definitions[schema.$ref.split('/').at(-1) ?? ''];
  if (named) return alternatives(named, definitions);
  const several = schema.anyOf ?? schema.oneOf;
  return several ? several.filter(isSchema).flatMap((each) => alternatives(each, definitions)) : [schema];
}

export const membersOf = ({ properties = {} }: JsonSchema) => Object.entries(properties).filter((entry): entry is [string, JsonSchema] => isSchema(entry[1]));
export const itemOf = ({ items }: JsonSchema) => (isSchema(items) ? items : undefined);

/** The paths of all fields: `due.from`, and `tasks.*.title` for what is in a list. The input as a whole is ''. */
export function fieldsOf({ schema, definitions }: Described, prefix = ''): string[] {
  const within = alternatives(schema, definitions).flatMap((each) => {
    const item = itemOf(each);
    const members: [string, JsonSchema][] = item ? [['*', item]] : membersOf(each);
    return members.flatMap(([name, member]) => fieldsOf({ schema: member, definitions }, prefix === '' ? name : `${prefix}.${name}`));
  });
  return [...new Set([prefix, ...within])];
}

const emptyToUndefined = <Item>(items: readonly Item[]) => (items.length > 0 ? fc.constantFrom(...items) : fc.constant(undefined));
const fresh = fc.uuid({ version: 4 });

/** A text that could be meant for this field. */
function likelyText(name: string, { format, maxLength = 100 }: JsonSchema, { own, foreign }: Pool): fc.Arbitrary<unknown> {
  if (format === 'uuid') return fc.oneof({ weight: 3, arbitrary: emptyToUndefined(own.ids) }, emptyToUndefined(foreign.ids), fresh);
  if (format === 'date') return fc.constantFrom('2026-01-31', '2028-02-29', '2026-12-31');
  if (format === 'date-time') return fc.constantFrom('2026-01-31T09:30:00Z', '2026-01-31T09:30:00.123+02:00');
  if (format === 'email' || /email/i.test(name)) return fc.oneof(emptyToUndefined(own.emails), emptyToUndefined(foreign.emails));
  if (/cursor|eventid/i.test(name)) return fc.oneof(emptyToUndefined(own.cursors), emptyToUndefined(foreign.cursors));
  if (/recurrence/i.test(name)) return fc.constantFrom('FREQ=DAILY', 'FREQ=MONTHLY;BYMONTHDAY=-1');
  if (/zone/i.test(name)) return fc.constant('Europe/Lisbon');
  if (/time$/i.test(name)) return fc.constant('09:30');
  if (/color/i.test(name)) return fc.constant('#1e90ff');
  if (/position/i.test(name)) return fc.constant('a0');
  if (/password|token|code|state/i.test(name)) return fc.oneof(emptyToUndefined(own.words), emptyToUndefined(foreign.words));
  return fc.constantFrom('a', 'Work', 'Buy milk').map((text) => text.slice(0, maxLength));
}

/** The same input with what goes together in a sign-in, but for the field at `path`. */
export const withLogin = (input: unknown, path: string, { properties = {} }: JsonSchema, { foreign }: Pool): fc.Arbitrary<unknown> =>
  emptyToUndefined(foreign.logins).map((login) => {
    const fields = Object.entries(login ?? {}).filter(([name]) => name !== path && name in properties);
    return typeof input === 'object' && !Array.isArray(input) && !(input instanceof Raw) ? { ...input, ...Object.fromEntries(fields) } : input;
  });

const OPTIONAL_MAX = 3;

export function likely(name: string, given: JsonSchema, definitions: Described['definitions'], pool: Pool): fc.Arbitrary<unknown> {
  const each = alternatives(given, definitions).map((schema): fc.Arbitrary<unknown> => {
    const { type, minimum = 0, maximum = 1_000 } = schema;
    if (schema.const !== undefined) return fc.constant(schema.const);
    if (schema.enum) return fc.constantFrom(...schema.enum);
    if (type === 'null') return fc.constant(null);
    if (type === 'boolean') return fc.boolean();
    if (type === 'integer' || type === 'number') {
      return fc.oneof(
        fc.integer({ min: minimum, max: Math.min(maximum, minimum + 1_000) }),
        emptyToUndefined(pool.own.seqs),
        emptyToUndefined(pool.foreign.seqs),
      );
    }
    if (type === 'string') return likelyText(name, schema, pool);
    const item = itemOf(schema);
    if (item) return fc.array(likely(name, item, definitions, pool), { minLength: schema.minItems ?? 0, maxLength: 3 });
    if (type !== 'object') return fc.constant({});
    const [needed, optional] = [true, false].map((is) => membersOf(schema).filter(([member]) => (schema.required ?? []).includes(member) === is));
    // With many of the optional fields an input asks for so much that it finds nothing.
    return fc.subarray(optional ?? [], { maxLength: Math.min(OPTIONAL_MAX, optional?.length ?? 0) }).chain((some) => {
      const members = [...(needed ?? []), ...some].map(([member, its]): [string, fc.Arbitrary<unknown>] => [member, likely(member, its, definitions, pool)]);
      return fc.record(Object.fromEntries(members));
    });
  });
  return fc.oneof(...each);
}

/** What nobody should send in this field: what belongs to another person, and what is of another form. */
function hostile({ foreign }: Pool): fc.Arbitrary<unknown> {
  const handles: unknown[] = [...foreign.ids, ...foreign.cursors, ...foreign.seqs, ...foreign.emails, ...foreign.words];
  const inOtherForms = emptyToUndefined(foreign.ids).chain((id) => fc.constantFrom([id], { id }, id?.toUpperCase(), `{${id}}`, `${id}\0`, { $eq: id }));
  return fc.oneof(
    { weight: 3, arbitrary: emptyToUndefined(handles) },
    { weight: 3, arbitrary: fc.constantFrom(...texts) },
    { weight: 2, arbitrary: fc.constantFrom(...numbers) },
    { weight: 2, arbitrary: fc.constantFrom(...structures) },
    inOtherForms,
    fc.jsonValue({ maxDepth: 3 }),
    fc.string({ unit: 'binary', maxLength: 200 }),
  );
}

/** So many that naming them all makes a large error. */
const crowd = Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`k${i}`, 0]));

/** A plausible input with more fields than it may have, with very many more, or with one of them twice. */
export const extended = ({ schema, definitions }: Described, { foreign, own }: Pool): fc.Arbitrary<unknown> =>
  fc
    .tuple(
      likely('', schema, definitions, { foreign, own }),
      fc.constantFrom(...extraFields),
      emptyToUndefined([...foreign.ids, ...foreign.emails, ...own.ids]),
      fc.constantFrom('one more', 'very many more', 'one twice'),
    )
    .map(([input, name, value, kind]): unknown => {
      if (kind === 'very many more') return { ...Object(input), ...crowd };
      if (kind === 'one more') return Object.fromEntries([...Object.entries(Object(input)), [name, value]]);
      const text = JSON.stringify(Object(input)).slice(0, -1);
      return new Raw(`${text}${text.length > 1 ? ',' : ''}${JSON.stringify(name)}:1,${JSON.stringify(name)}:${JSON.stringify(value ?? null)}}`);
    });

/** An input that is hostile in the field at `path`, and plausible elsewhere. */
export function attackOn(described: Described, path: string, pool: Pool): fc.Arbitrary<unknown> {
  const { definitions } = described;
  const build = (name: string, given: JsonSchema, [next, ...rest]: string[]): fc.Arbitrary<unknown> => {
    if (next === undefined) return fc.oneof({ weight: 4, arbitrary: hostile(pool) }, likely(name, given, definitions, pool));
    for (const schema of alternatives(given, definitions)) {
      const item = itemOf(schema);
      if (item && next === '*') {
        return fc.tuple(fc.array(likely(name, item, definitions, pool), { maxLength: 2 }), build(name, item, rest)).map(([others, bad]) => [...others, bad]);
      }
      const member = membersOf(schema).find(([each]) => each === next)?.[1];
      if (!member) continue;
      return fc.tuple(likely(name, schema, definitions, pool), build(next, member, rest)).map(([others, bad]) => ({ ...Object(others), [next]: bad }));
    }
    return hostile(pool);
  };
  if (path !== '') return build('', described.schema, path.split('.'));
  return fc.oneof(hostile(pool), likely('', described.schema, definitions, pool));
}
