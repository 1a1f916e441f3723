import { productVersion, versionOf } from '@todo/db';
import type { Env } from '../env.ts';
import { listen } from '../http/listen.ts';
import type { Log } from '../log.ts';
import { observeProcess } from './figures.ts';
import { createTelemetry } from './telemetry.ts';

/** Serves metrics and sends traces, as far as the settings say. The libraries are loaded only for that. */
export async function startTelemetry(env: Env, log: Log, cleanUp: AsyncDisposableStack) {
  const { METRICS_PORT: port, METRICS_HOST: host, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } = env;
  if (port === undefined && endpoint === undefined) return { telemetry: createTelemetry({ log }), meter: undefined };
  const { resourceFromAttributes } = await import('@opentelemetry/resources');
  const resource = resourceFromAttributes({ 'service.name': 'todo', 'service.version': productVersion(), 'todo.schema': versionOf().number });
  const tracing = endpoint === undefined ? undefined : cleanUp.use((await import('./tracing.ts')).createTracing(endpoint, resource));
  const prometheus = port === undefined ? undefined : (await import('./prometheus.ts')).createPrometheus(resource);
  if (port !== undefined && prometheus) {
    cleanUp.use(observeProcess(prometheus.meter));
    cleanUp.use(await listen(prometheus.fetch, { host, port, setting: 'METRICS_PORT' }));
  }
  return { telemetry: createTelemetry({ meter: prometheus?.meter, tracing, log }), meter: prometheus?.meter };
}
