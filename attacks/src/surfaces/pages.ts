import fc from 'fast-check';
import type { Attack } from '../http/send.ts';
import { extraFields, texts } from '../inputs/corpus.ts';
import { inQuery, type Surface } from './surface.ts';

/** Headers by which proxies and other products name a user. */
const headerNames = [
  'x-user-id',
  'x-user',
  'x-forwarded-user',
  'remote-user',
  'x-todo-user',
  'x-todo-client-address',
  'x-original-url',
  'x-http-method-override',
];

const addresses = ['/export', '/openapi.json', '/api/docs', '/', '/livez', '/readyz', '/metrics', '/.env', '/api/v1', '/trpc', '/api/auth', '/api/auth/ok'];

/** Everything outside of the procedures and of sign-in: any parameter and header, with what belongs to somebody else. */
export const pageSurfaces = (): Surface[] =>
  addresses.map((address) => ({
    name: `GET ${address}`,
    kind: 'page',
    fields: ['', 'query', 'header', 'method', 'path'],
    requests: (field, { foreign }) => {
      const value = fc.constantFrom<unknown>(...texts.filter((text) => text.length < 2_000), ...foreign.ids, ...foreign.emails, ...foreign.cursors);
      const ascii = value.map((each) => String(each).replace(/[^\x20-\x7e]/g, '?'));
      const plain: Attack = { method: 'GET', path: address, headers: {} };
      if (field === 'query')
        return fc
          .tuple(fc.constantFrom(...extraFields, 'id', 'input', 'format'), value)
          .map(([name, each]) => ({ ...plain, path: `${address}?${name}=${inQuery(each)}` }));
      if (field === 'header') return fc.tuple(fc.constantFrom(...headerNames), ascii).map(([name, each]) => ({ ...plain, headers: { [name]: each } }));
      if (field === 'method')
        return fc.constantFrom('HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND').map((method) => ({ ...plain, method }));
      if (field === 'path') {
        const ends = fc.oneof(
          value.map((each) => `/${inQuery(each)}`),
          fc.constantFrom('/', '//', '/..', '/.', ';a=b', '%2f', '.json', '/%2e%2e/', '?', '/\\'),
        );
        return ends.map((end) => ({ ...plain, path: `${address}${end}` }));
      }
      return fc.constant(plain);
    },
  }));
