import { BODY_MAX_BYTES, REQUEST_UNITS_MAX, REQUEST_UNITS_MAX_PER_OWNER } from '@todo/contract';
import { describeForLog, errorShape, isWorthLogging, RETRY_SECONDS } from '../errors.ts';
import type { Log } from '../log.ts';
import { createConcurrencyLimit } from './concurrency-limit.ts';
import { type Context, type ContextDeps, createContext } from './context.ts';
import type { RequestRecord } from './record.ts';
import type { Bindings } from './shed-load.ts';

/** Units of memory that a request takes, see REQUEST_UNITS_MAX. */
function unitsOf({ method, headers }: Request, calls: number): number {
  const bytes = headers.has('transfer-encoding') ? BODY_MAX_BYTES : Number(headers.get('content-length') ?? 0);
  return Math.max(calls > 1 ? 8 : method === 'GET' ? 2 : 1, Math.ceil(bytes / 65_536));
}

/** A request that calls procedures, as tRPC or as REST. */
export interface Calls {
  /** Its context. Takes the memory that it needs, until `units` are disposed of. */
  begin(request: Request, record: RequestRecord, units: DisposableStack, info: { calls: number; isStream: boolean }): Promise<Context>;
  /** The answer takes memory until the client has read it. */
  hold(units: DisposableStack, outgoing: Bindings['outgoing']): void;
  /** Tells the record of the request and the log why it was refused. */
  refused(error: unknown, record: RequestRecord): void;
}

export function createCalls(deps: ContextDeps, log: Log['error']): Calls {
  const acquire = createConcurrencyLimit({ perOwnerMax: REQUEST_UNITS_MAX_PER_OWNER, totalMax: REQUEST_UNITS_MAX, retryAfterSeconds: RETRY_SECONDS });
  return {
    begin: async (request, record, units, { calls, isStream }) => {
      const context = await createContext(request, record, deps, calls);
      // The number of streams has its own limit.
      if (context.userId !== null && !isStream) units.use(acquire(context.userId, unitsOf(request, calls)));
      return context;
    },
    hold: (units, outgoing) => {
      if (!outgoing || outgoing.destroyed) return;
      const held = units.move();
      outgoing.once('close', () => held.dispose());
    },
    refused: (error, record) => {
      record.reason = errorShape(error).data.reason;
      if (isWorthLogging(error)) log(describeForLog(error), { requestId: record.requestId });
    },
  };
}
