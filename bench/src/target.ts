import type { Call } from './operations.ts';
import type { Person } from './people.ts';
import type { ServerName } from './testbed.ts';

/** A request as a client sends it. */
export interface HttpRequest {
  method: 'GET' | 'POST';
  path: string;
  headers: Record<string, string>;
  body?: string;
}

/** A server and how to send requests to it: one column of the results. */
export interface Target {
  name: string;
  title: string;
  server: ServerName;
  request(call: Call): HttpRequest;
  /** Extracts the result from an answer. */
  unwrap(answer: unknown): unknown;
}

type Credential = (person: Person) => Record<string, string>;

const byJwt: Credential = ({ jwt }) => ({ authorization: `Bearer ${jwt}` });
const byCookie: Credential = ({ cookie }) => ({ cookie });
const byName: Credential = ({ id }) => ({ 'x-owner': id });

/** Reads are GET with the input in the query, changes are POST with a JSON body. */
const via =
  (prefix: string, credential: Credential, wrap: (input: Call['input']) => unknown, query: (input: Call['input']) => string) =>
  ({ person, procedure, changes, input }: Call): HttpRequest => {
    const path = `${prefix}/${procedure}`;
    if (!changes) return { method: 'GET', path: `${path}${query(input)}`, headers: credential(person) };
    return { method: 'POST', path, headers: { ...credential(person), 'content-type': 'application/json' }, body: JSON.stringify(wrap(input)) };
  };

const trpcQuery = (wrap: (input: Call['input']) => unknown) => (input: Call['input']) =>
  Object.keys(input).length > 0 ? `?input=${encodeURIComponent(JSON.stringify(wrap(input)))}` : '';
const plainQuery = (input: Call['input']) => `?${new URLSearchParams(Object.fromEntries(Object.entries(input).map(([name, value]) => [name, String(value)])))}`;

const asIs = (input: Call['input']) => input;
const superjson = (input: Call['input']) => ({ json: input });
const dataOf = (answer: unknown) => Object(Object(answer).result).data;

export const targets: Target[] = [
  { name: 'ours', title: 'Todo, JWT', server: 'ours', request: via('/trpc', byJwt, asIs, trpcQuery(asIs)), unwrap: dataOf },
  { name: 'ours-cookie', title: 'Todo, cookie', server: 'ours', request: via('/trpc', byCookie, asIs, trpcQuery(asIs)), unwrap: dataOf },
  { name: 'limit', title: 'hand-written limit', server: 'limit', request: via('', byName, asIs, plainQuery), unwrap: (answer) => answer },
  {
    name: 'textbook',
    title: 'textbook stack',
    server: 'textbook',
    request: via('', byCookie, superjson, trpcQuery(superjson)),
    unwrap: (answer) => Object(dataOf(answer)).json,
  },
];

export function targetNamed(name: string): Target {
  const target = targets.find((each) => each.name === name);
  if (!target) throw new Error(`There is no target ${name}.`);
  return target;
}
