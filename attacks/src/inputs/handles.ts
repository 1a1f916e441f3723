import fc from 'fast-check';
import { alternatives, type Described, itemOf, type JsonSchema, likely, membersOf, type Pool } from './values.ts';

type HandleKind = 'id' | 'cursor' | 'email';

/** What a field refers to, if it refers to something that somebody owns. */
function kindOf(name: string, { type, format }: JsonSchema): HandleKind | undefined {
  if (type !== 'string') return undefined;
  if (format === 'uuid') return 'id';
  if (/cursor|eventid/i.test(name)) return 'cursor';
  return /email/i.test(name) ? 'email' : undefined;
}

export interface HandleField {
  path: string;
  kind: HandleKind;
}

/** The fields that refer to something. */
export function handleFields({ schema, definitions }: Described, path = '', name = ''): HandleField[] {
  return alternatives(schema, definitions).flatMap((each): HandleField[] => {
    const kind = kindOf(name, each);
    if (kind) return [{ path, kind }];
    const item = itemOf(each);
    const members: [string, JsonSchema][] = item ? [['*', item]] : membersOf(each);
    const at = (member: string) => (path === '' ? member : `${path}.${member}`);
    return members.flatMap(([member, its]) => handleFields({ schema: its, definitions }, at(member), member === '*' ? name : member));
  });
}

/** An input with `value` in the field at `path`, and otherwise only with what is required. */
export function inputWith(described: Described, path: string, value: unknown, pool: Pool): fc.Arbitrary<unknown> {
  const { definitions } = described;
  const required = (name: string, given: JsonSchema): fc.Arbitrary<unknown> => {
    const [first = given] = alternatives(given, definitions);
    if (first.type !== 'object') return likely(name, first, definitions, pool);
    const needed = membersOf(first).filter(([member]) => first.required?.includes(member));
    return fc.record(Object.fromEntries(needed.map(([member, its]) => [member, required(member, its)])));
  };
  const build = (given: JsonSchema, [next, ...rest]: string[]): fc.Arbitrary<unknown> => {
    if (next === undefined) return fc.constant(value);
    for (const schema of alternatives(given, definitions)) {
      const item = itemOf(schema);
      if (item && next === '*') return build(item, rest).map((one) => [one]);
      const member = membersOf(schema).find(([each]) => each === next)?.[1];
      if (member) return fc.tuple(required('', schema), build(member, rest)).map(([others, one]) => ({ ...Object(others), [next]: one }));
    }
    return fc.constant(value);
  };
  return build(described.schema, path === '' ? [] : path.split('.'));
}
