import type { Meter } from '@opentelemetry/api';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import type { Resource } from '@opentelemetry/resources';
import { MeterProvider, type MetricData } from '@opentelemetry/sdk-metrics';

/** Instruments that a scrape reads must answer within this time, in ms; the others are served all the same. */
const COLLECT_TIMEOUT = 2_000;

/** The exporter leaves out the units that Prometheus expects in names: https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/ */
const suffixes: Record<string, string> = { s: '_seconds', By: '_bytes', '1': '_ratio' };

const withUnit = (metric: MetricData): MetricData => {
  const { name, unit } = metric.descriptor;
  return { ...metric, descriptor: { ...metric.descriptor, name: `${name}${suffixes[unit] ?? ''}`, unit: '' } };
};

export interface Prometheus {
  meter: Meter;
  /** Answers GET /metrics in Prometheus' text format. */
  fetch(request: Request): Promise<Response>;
}

export function createPrometheus(resource: Resource): Prometheus {
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const serializer = new PrometheusSerializer('', false, undefined, false, true);
  const provider = new MeterProvider({ resource, readers: [exporter] });
  return {
    meter: provider.getMeter('todo'),
    fetch: async ({ method, url }) => {
      if (method !== 'GET' || new URL(url).pathname !== '/metrics') return new Response('Metrics are at /metrics.\n', { status: 404 });
      const { resourceMetrics } = await exporter.collect({ timeoutMillis: COLLECT_TIMEOUT });
      const scopeMetrics = resourceMetrics.scopeMetrics.map(({ scope, metrics }) => ({ scope, metrics: metrics.map(withUnit) }));
      const text = serializer.serialize({ ...resourceMetrics, scopeMetrics });
      return new Response(text, { headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } });
    },
  };
}
