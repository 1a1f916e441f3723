import { operations } from '../rest/operations.ts';
import type { TestApi } from './api.ts';

export const restOperations = new Map(operations().map((operation) => [operation.procedure, operation]));

/** An input as parameters of a query. */
export function queryOf(input: object, prefix = ''): [string, string][] {
  return Object.entries(input).flatMap(([name, value]): [string, string][] => {
    if (Array.isArray(value)) return value.map((item) => [`${prefix}${name}`, String(item)]);
    if (typeof value === 'object' && value !== null) return queryOf(value, `${prefix}${name}.`);
    return [[`${prefix}${name}`, String(value)]];
  });
}

/** Calls a procedure through REST. */
export async function callRest(api: Pick<TestApi, 'fetch'>, procedure: string, input: object, headers: Record<string, string> = {}): Promise<Response> {
  const operation = restOperations.get(procedure);
  if (!operation) throw new Error(`REST has no ${procedure}.`);
  const { method, path, takesId } = operation;
  const { id, ...others } = { id: undefined, ...input };
  const rest = takesId ? others : input;
  const url = `/api/v1${path.replace('{id}', encodeURIComponent(String(id)))}`;
  if (method === 'get' || method === 'delete') return api.fetch(`${url}?${new URLSearchParams(queryOf(rest))}`, { method: method.toUpperCase(), headers });
  return api.fetch(url, { method: method.toUpperCase(), headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(rest) });
}
