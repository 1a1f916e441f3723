import { ROOT_CONTEXT, type Span, type SpanContext, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { Resource } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

/** Spans of requests, of the calls in them, and of the transactions of both. They hold no input, no SQL and no user. */
export interface Tracing extends AsyncDisposable {
  /** Continues the trace of `parent`, and begins one without it. */
  request(method: string, route: string, parent: SpanContext | undefined, requestId: string): Span;
  call(procedure: string, parent: Span | undefined): Span;
  /** A transaction that has just ended; times are in ms. */
  transaction(parent: Span, pool: string, waited: number, used: number): void;
  /** `reason` is why the request or call failed, `isDefect` whether that is the server's fault. */
  end(span: Span, reason: string | undefined, isDefect: boolean): void;
}

/** How long spans may wait to be sent when the server stops, and how long one attempt to send may take, in ms. */
const EXPORT_TIMEOUT = 2_000;

/** Sends spans to a collector by OTLP over HTTP. `endpoint` is its address without a path. Spans that cannot be sent are dropped. */
export function createTracing(endpoint: string, resource: Resource): Tracing {
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces`, timeoutMillis: EXPORT_TIMEOUT });
  const provider = new TracerProvider({ resource, spanProcessors: [new BatchSpanProcessor({ exporter, exportTimeoutMillis: EXPORT_TIMEOUT })] });
  const tracer = provider.getTracer('todo');
  const under = (parent: Span | undefined) => (parent ? trace.setSpan(ROOT_CONTEXT, parent) : ROOT_CONTEXT);

  return {
    request: (method, route, parent, requestId) =>
      tracer.startSpan(
        `${method} ${route}`,
        { kind: SpanKind.SERVER, attributes: { 'http.request.method': method, 'http.route': route, 'todo.request.id': requestId } },
        parent ? trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true }) : ROOT_CONTEXT,
      ),
    call: (procedure, parent) => tracer.startSpan(procedure, { attributes: { 'rpc.method': procedure } }, under(parent)),
    transaction: (parent, pool, waited, used) => {
      const attributes = { 'db.system.name': 'postgresql', 'db.client.connection.pool.name': pool, 'todo.db.connection.wait_time': waited / 1000 };
      tracer.startSpan('transaction', { kind: SpanKind.CLIENT, startTime: Date.now() - used, attributes }, under(parent)).end();
    },
    end: (span, reason, isDefect) => {
      if (reason !== undefined) span.setAttribute('error.type', reason);
      if (isDefect) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
    [Symbol.asyncDispose]: () => provider.shutdown().catch(() => {}),
  };
}
