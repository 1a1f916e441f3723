import { callTRPCProcedure } from '@trpc/server';
import { MethodRefused, nothingHere } from '../errors.ts';
import type { Calls } from '../http/calls.ts';
import type { RequestRecord } from '../http/record.ts';
import type { Bindings } from '../http/shed-load.ts';
import { appRouter } from '../router.ts';
import { documentOf } from './document.ts';
import { parametersOf, readInput } from './input.ts';
import { createFind, operations } from './operations.ts';

export const REST_PATH = '/api/v1';

interface Rest {
  /** Calls the procedure at this path below `REST_PATH`. Throws what the procedure throws. */
  answer(path: string, request: Request, bindings: Bindings & { record: RequestRecord }): Promise<Response>;
  /** The OpenAPI document. */
  document(): object;
}

/** The same procedures as those of tRPC, called in the same context. */
export function createRest(calls: Calls, baseUrl: string): Rest {
  let all: ReturnType<typeof prepare> | undefined;
  const prepare = () => {
    const list = operations();
    return {
      find: createFind(list),
      parameters: new Map(list.map((operation) => [operation, parametersOf(operation.input)])),
      document: documentOf(list, baseUrl),
    };
  };
  const prepared = () => {
    all ??= prepare();
    return all;
  };
  return {
    document: () => prepared().document,
    answer: async (path, request, { record, outgoing }) => {
      const { find, parameters } = prepared();
      const { found, id } = find(path);
      const operation = found.get(request.method === 'HEAD' ? 'GET' : request.method);
      if (found.size === 0) throw nothingHere();
      if (!operation) throw new MethodRefused([...found.keys()]);
      using units = new DisposableStack();
      const context = await calls.begin(request, record, units, { calls: 1, isStream: false });
      let input: Promise<unknown> | undefined;
      const getRawInput = () => {
        input ??= readInput(request, operation, parameters.get(operation) ?? [], id);
        return input;
      };
      const result: unknown = await callTRPCProcedure({
        router: appRouter,
        path: operation.procedure,
        type: operation.kind,
        ctx: { request: context },
        getRawInput,
        signal: request.signal,
        batchIndex: 0,
      });
      calls.hold(units, outgoing);
      return Response.json(result, { headers: { 'cache-control': 'no-store' } });
    },
  };
}
