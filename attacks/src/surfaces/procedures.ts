import { restOperations } from '@todo/api/testing/rest';
import { type Procedure, procedures } from '@todo/contract';
import fc from 'fast-check';
import { z } from 'zod';
import type { Attack } from '../http/send.ts';
import { render } from '../inputs/render.ts';
import { attackOn, describeSchema, extended, fieldsOf, type Pool } from '../inputs/values.ts';
import { inQuery, jsonBody, parametersOf, type Surface } from './surface.ts';

type Kind = Procedure['kind'];

/** Node refuses a longer address. */
const inAddress = (text: string) => encodeURIComponent(text.slice(0, 20_000));

const single = (name: string, kind: Kind, text: string): Attack =>
  kind === 'mutation'
    ? { method: 'POST', path: `/trpc/${name}`, headers: jsonBody, body: text }
    : { method: 'GET', path: `/trpc/${name}?input=${inAddress(text)}`, headers: {} };

/** The call twice, and for queries beside another one. */
function batch(name: string, kind: Kind, text: string): Attack {
  const calls = kind === 'query' ? ['tasks.counts', name, name] : [name, name];
  const inputs = `{${calls.map((call, i) => `"${i}":${call === name ? text : '{}'}`).join()}}`;
  const path = `/trpc/${calls.join()}?batch=1`;
  return kind === 'mutation'
    ? { method: 'POST', path, headers: jsonBody, body: inputs }
    : { method: 'GET', path: `${path}&input=${inAddress(inputs)}`, headers: {} };
}

function rest(name: string, input: unknown): Attack | undefined {
  const operation = restOperations.get(name);
  if (!operation) return undefined;
  const { method, path, takesId } = operation;
  const { id, ...others } = { id: undefined, ...Object(input) };
  const address = `/api/v1${path.replace('{id}', inQuery(render(id).replace(/^"|"$/g, '')).slice(0, 2_000) || 'x')}`;
  const isQuery = method === 'get' || method === 'delete';
  if (!isQuery)
    return {
      method: method.toUpperCase(),
      path: address,
      headers: jsonBody,
      body: render(takesId && input === Object(input) && !Array.isArray(input) ? others : input),
    };
  const parameters = parametersOf(takesId ? others : input);
  return { method: method.toUpperCase(), path: `${address}?${parameters.join('&')}`, headers: {} };
}

/** With another method, media type or place of the input than the procedure takes. */
const odd: ((name: string, kind: Kind, text: string) => Attack)[] = [
  (name, kind, text) => single(name, kind === 'mutation' ? 'query' : 'mutation', text),
  (name, _, text) => ({ method: 'POST', path: `/trpc/${name}`, headers: { 'content-type': 'text/plain' }, body: text }),
  (name, _, text) => ({
    method: 'POST',
    path: `/trpc/${name}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: `input=${inAddress(text)}`,
  }),
  (name, _, text) => ({ method: 'PUT', path: `/trpc/${name}`, headers: jsonBody, body: text }),
  (name) => ({ method: 'DELETE', path: `/trpc/${name}`, headers: {} }),
  (name) => ({ method: 'OPTIONS', path: `/trpc/${name}`, headers: { origin: 'https://example.org', 'access-control-request-method': 'POST' } }),
  (name, _, text) => ({ method: 'GET', path: `/trpc/${name}?batch=1&input=${inAddress(`{"0":${text}}`)}`, headers: {} }),
  (name, _, text) => ({
    method: 'GET',
    path: `/trpc/${name}?input=${inAddress(text)}`,
    headers: { 'last-event-id': '1.0000000000000000', accept: 'text/event-stream' },
  }),
  (name, _, text) => ({ method: 'POST', path: `/trpc/${name}`, headers: jsonBody, body: `{"json":${text},"0":${text}}` }),
];

/** By tRPC, by REST, and in odd ways; a request is made when it is chosen. */
const requestOf = (name: string, kind: Kind, input: unknown): fc.Arbitrary<Attack> =>
  fc.oneof({ weight: 8, arbitrary: fc.nat({ max: 7 }) }, { weight: 1, arbitrary: fc.integer({ min: 8, max: 7 + odd.length }) }).map((way) => {
    const text = render(input);
    const byRest = way >= 5 && way < 8 ? rest(name, input) : undefined;
    if (byRest) return byRest;
    return way === 4 ? batch(name, kind, text) : (odd[way - 8]?.(name, kind, text) ?? single(name, kind, text));
  });

/** Every procedure of the contract. */
export const procedureSurfaces = (): Surface[] =>
  Object.entries(procedures).flatMap(([group, members]) =>
    Object.entries<Procedure>(members).map(([verb, { kind, input }]): Surface => {
      const name = `${group}.${verb}`;
      const described = describeSchema(z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }));
      return {
        name,
        kind: 'procedure',
        fields: fieldsOf(described),
        described,
        plain: (value) => [single(name, kind, render(value)), rest(name, value)].filter((attack) => attack !== undefined),
        requests: (field, pool: Pool) => {
          const attacks = attackOn(described, field, pool).chain((value) => requestOf(name, kind, value));
          if (field !== '') return attacks;
          const refused = extended(described, pool).map((value) => ({ ...single(name, kind, render(value)), isExtended: kind !== 'subscription' }));
          return fc.oneof(attacks, refused);
        },
      };
    }),
  );
