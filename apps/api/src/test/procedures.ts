import { z } from 'zod';
import { appRouter } from '../router.ts';
import type { TestApi } from '../testing.ts';

interface Procedure {
  _def: { type: 'query' | 'mutation' | 'subscription'; inputs: unknown[] };
}

const isProcedure = (value: unknown): value is Procedure => typeof value === 'function' && '_def' in value;

/** Every procedure by its path; tRPC's type nests them, at run time they are flat. */
export const procedures = new Map(
  Object.entries<unknown>(appRouter._def.procedures).map(([path, procedure]) => {
    if (!isProcedure(procedure)) throw new Error(`${path} is no procedure.`);
    return [path, procedure._def];
  }),
);

/** Calls a procedure over HTTP. The input travels as JSON and may be anything. */
export function call(api: Pick<TestApi, 'fetch'>, path: string, input: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const body = JSON.stringify(input);
  if (procedures.get(path)?.type !== 'query') {
    return api.fetch(`/trpc/${path}`, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, ...(body && { body }) });
  }
  return api.fetch(`/trpc/${path}${body ? `?input=${encodeURIComponent(body)}` : ''}`, { headers });
}

const failure = z.object({ error: z.object({ data: z.object({ reason: z.string() }) }) });

/** 'ok', or the reason why not. */
export const outcomeOf = async (response: Response): Promise<string> => (response.ok ? 'ok' : failure.parse(await response.json()).error.data.reason);
