import { z } from 'zod';
import { appRouter } from '../router.ts';
import type { TestApi } from './api.ts';
import { eventsOf } from './events.ts';

interface Procedure {
  _def: { type: 'query' | 'mutation' | 'subscription'; inputs: unknown[] };
}

const isProcedure = (value: unknown): value is Procedure => typeof value === 'function' && '_def' in value;

/** Every procedure by path. tRPC nests them in its type, but not at run time. */
export const procedures = new Map(
  Object.entries<unknown>(appRouter._def.procedures).map(([path, procedure]) => {
    if (!isProcedure(procedure)) throw new Error(`${path} is no procedure.`);
    return [path, procedure._def];
  }),
);

/** The first event of a subscription, as the response of a query. */
async function firstWord(response: Response): Promise<Response> {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return response;
  for await (const { event, data } of eventsOf(response)) {
    const said: unknown = JSON.parse(data || 'null');
    if (event === 'serialized-error') return Response.json({ error: said }, { status: failure.parse({ error: said }).error.data.httpStatus });
    if (event === 'message') return Response.json({ result: { data: said } });
  }
  throw new Error('This subscription has said nothing.');
}

/** Calls a procedure over HTTP with any JSON input. */
export async function call(api: Pick<TestApi, 'fetch'>, path: string, input: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const body = JSON.stringify(input);
  if (procedures.get(path)?.type === 'mutation') {
    return api.fetch(`/trpc/${path}`, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, ...(body && { body }) });
  }
  return firstWord(await api.fetch(`/trpc/${path}${body ? `?input=${encodeURIComponent(body)}` : ''}`, { headers }));
}

const failure = z.object({ error: z.object({ data: z.object({ reason: z.string(), httpStatus: z.number() }) }) });

/** 'ok', or the reason of the error. */
export const outcomeOf = async (response: Response): Promise<string> => (response.ok ? 'ok' : failure.parse(await response.json()).error.data.reason);
