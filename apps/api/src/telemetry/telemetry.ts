import { AsyncLocalStorage } from 'node:async_hooks';
import type { Attributes, Meter, Span, SpanContext } from '@opentelemetry/api';
import type { AuthEvent } from '@todo/auth';
import { authEvents } from '@todo/contract';
import type { ConnectionUse } from '@todo/db';
import { errorShape } from '../errors.ts';
import type { RequestRecord } from '../http/record.ts';
import type { Log } from '../log.ts';
import type { Tracing } from './tracing.ts';

/** Upper bounds of the histograms, in seconds. The limit of SC-001 is 0.2 s. */
const explicitBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10, 30, 120];

/** A request, or a call in it, whose transactions together had their connections for longer than this, in ms, is a line in the log. */
const SLOW_MS = 1_000;

/** Methods that OpenTelemetry's conventions list; clients can send others. */
const methods = new Set(['GET', 'HEAD', 'POST', 'OPTIONS', 'PUT', 'PATCH', 'DELETE', 'CONNECT', 'TRACE']);

/** A request, or a call in it, and the sums of its own transactions. */
interface Scope {
  name: string;
  span: Span | undefined;
  transactions: number;
  waited: number;
  used: number;
  /** What goes on afterwards, such as a stream, is not part of it. */
  hasEnded: boolean;
}

interface ObservedRequest {
  method: string;
  route: string;
  /** The caller's span. */
  parent: SpanContext | undefined;
}

interface ObservedCall {
  procedure: string;
  type: 'query' | 'mutation' | 'subscription';
  requestId: string;
}

export interface Telemetry {
  /** Measures a request until its response begins, and sets the trace of its record. */
  request(request: ObservedRequest, record: RequestRecord, handle: () => Promise<Response>): Promise<Response>;
  /** Measures a call of a procedure, also one in a batch. */
  call<Result extends { ok: boolean; error?: unknown }>(call: ObservedCall, run: () => Promise<Result>): Promise<Result>;
  /** Adds a transaction to the request or call that it runs in. */
  observe(use: ConnectionUse): void;
  /** Counts and logs who has signed in or out. */
  authEvent(event: AuthEvent, record: RequestRecord): void;
  activeRequests(): number;
}

export interface TelemetryOptions {
  meter?: Meter | undefined;
  tracing?: Tracing | undefined;
  log?: Pick<Log, 'info' | 'warn'>;
}

/** Without a meter and without tracing it only writes to the log: sign-ins, sign-outs and slow calls. */
export function createTelemetry({ meter, tracing, log }: TelemetryOptions = {}): Telemetry {
  const histogram = (name: string, description: string) => meter?.createHistogram(name, { unit: 's', description, advice: { explicitBucketBoundaries } });
  const requests = histogram('http.server.request.duration', 'Time from a request to the beginning of its response');
  const calls = histogram('rpc.server.call.duration', 'Time of a call of a procedure; each call of a batch counts');
  const waits = histogram('db.client.connection.wait_time', 'Time that a transaction waited for a connection');
  const uses = histogram('db.client.connection.use_time', 'Time of a transaction');
  const events = meter?.createCounter('todo.auth.events', { description: 'Sign-ups, sign-ins, sign-outs, changed passwords and deleted accounts' });
  for (const name of authEvents) events?.add(0, { 'todo.auth.event': name });
  const scopes = new AsyncLocalStorage<Scope>();
  let active = 0;

  const begin = (name: string, span: Span | undefined): Scope => ({ name, span, transactions: 0, waited: 0, used: 0, hasEnded: false });

  const end = (scope: Scope, requestId: string, milliseconds: number, reason: string | undefined, isDefect: boolean) => {
    const { name, span, transactions, waited, used } = scope;
    scope.hasEnded = true;
    if (span) tracing?.end(span, reason, isDefect);
    if (used < SLOW_MS) return;
    const [total, database, connection] = [milliseconds, used, waited].map(Math.round);
    log?.warn('slow', { requestId, name, milliseconds: total, databaseMilliseconds: database, waitedMilliseconds: connection, transactions });
  };

  return {
    request: async ({ method, route, parent }, record, handle) => {
      const startedAt = performance.now();
      const scope = begin(route, tracing?.request(method, route, parent, record.requestId));
      if (scope.span) record.trace = scope.span.spanContext().traceId;
      let status = 500;
      active += 1;
      try {
        const answer = await scopes.run(scope, handle);
        status = answer.status;
        return answer;
      } finally {
        active -= 1;
        const milliseconds = performance.now() - startedAt;
        const reason = status < 400 ? undefined : (record.reason ?? String(status));
        if (requests) {
          const attributes: Attributes = {
            'http.request.method': methods.has(method) ? method : '_OTHER',
            'http.route': route,
            'http.response.status_code': status,
          };
          if (reason !== undefined) attributes['error.type'] = reason;
          requests.record(milliseconds / 1000, attributes);
        }
        end(scope, record.requestId, milliseconds, reason, status >= 500);
      }
    },

    call: async ({ procedure, type, requestId }, run) => {
      const startedAt = performance.now();
      const scope = begin(procedure, tracing?.call(procedure, scopes.getStore()?.span));
      const finish = (error?: unknown) => {
        const milliseconds = performance.now() - startedAt;
        const failure = error === undefined ? undefined : errorShape(error).data;
        if (calls) {
          const attributes: Attributes = { 'rpc.method': procedure, 'todo.procedure.type': type };
          if (failure) attributes['error.type'] = failure.reason;
          calls.record(milliseconds / 1000, attributes);
        }
        end(scope, requestId, milliseconds, failure?.reason, failure !== undefined && failure.httpStatus >= 500);
      };
      try {
        const result = await scopes.run(scope, run);
        finish(result.ok ? undefined : result.error);
        return result;
      } catch (error) {
        finish(error);
        throw error;
      }
    },

    observe: ({ pool, waited, used }) => {
      const attributes = { 'db.client.connection.pool.name': pool };
      waits?.record(waited / 1000, attributes);
      uses?.record(used / 1000, attributes);
      const scope = scopes.getStore();
      if (!scope || scope.hasEnded) return;
      scope.transactions += 1;
      scope.waited += waited;
      scope.used += used;
      if (scope.span) tracing?.transaction(scope.span, pool, waited, used);
    },

    authEvent: ({ name, userId }, record) => {
      events?.add(1, { 'todo.auth.event': name });
      // Anybody can fail to sign in, so the log only counts that.
      if (userId === undefined) record.reason = 'CREDENTIALS_WRONG';
      else log?.info(name, { requestId: record.requestId, userId });
    },

    activeRequests: () => active,
  };
}
