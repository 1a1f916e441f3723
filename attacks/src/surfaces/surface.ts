import type fc from 'fast-check';
import type { Attack } from '../http/send.ts';
import { Raw, render } from '../inputs/render.ts';
import type { Described, Pool } from '../inputs/values.ts';

/** Something that requests reach. */
export interface Surface {
  /** Such as tasks.edit, or POST /sign-in/email. */
  name: string;
  kind: 'procedure' | 'sign-in' | 'page';
  /** The fields of its input; '' is the input as a whole. */
  fields: readonly string[];
  /** The schema of its input, and the plain requests with an input. Pages have none. */
  described?: Described;
  /** Whether it says itself which fields it takes; otherwise it gets all that similar ones know. */
  isDeclared?: boolean;
  plain?(input: unknown): Attack[];
  /** Requests that are hostile in this field, without a credential. */
  requests(field: string, pool: Pool): fc.Arbitrary<Attack>;
}

export const jsonBody = { 'content-type': 'application/json' };

/** A parameter of an address. Unpaired surrogates have no form there. */
export const inQuery = (value: unknown): string => encodeURIComponent((typeof value === 'string' ? value : render(value)).slice(0, 20_000).toWellFormed());

/** An input as parameters of an address. */
export const parametersOf = (input: unknown, prefix = ''): string[] =>
  Object.entries(Object(input)).flatMap(([name, value]) => {
    if (Array.isArray(value)) return value.map((item) => `${inQuery(prefix + name)}=${inQuery(item)}`);
    if (typeof value !== 'object' || value === null || value instanceof Raw) return [`${inQuery(prefix + name)}=${inQuery(value)}`];
    return parametersOf(value, `${prefix}${name}.`);
  });
