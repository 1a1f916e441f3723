import { readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { freePort } from '@todo/db/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Listening, listen } from '../http/listen.ts';
import { client, createDataDir, type DataDir, type Program, start, stop } from '../testing/program.ts';

const docs = join(import.meta.dirname, '..', '..', '..', '..', 'docs');
const read = (path: string) => readFileSync(join(docs, path), 'utf8');

let dataDir: DataDir;
let program: Program;
let metricsUrl: string;
/** Takes traces, as text. */
let collector: Listening;
const traces: string[] = [];

/** The program as an operator starts it, with metrics and traces, after some traffic. */
beforeAll(async () => {
  const take = async (request: Request) => {
    traces.push(await request.text());
    return Response.json({});
  };
  collector = await listen(take, { host: '127.0.0.1', port: 0 });
  dataDir = createDataDir();
  const [port, metricsPort] = [await freePort(), await freePort()];
  metricsUrl = `http://127.0.0.1:${metricsPort}/metrics`;
  program = await start({
    TODO_DATA_DIR: dataDir.path,
    PORT: String(port),
    METRICS_PORT: String(metricsPort),
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.port}`,
  });
  const ada = client(program, 'ada@example.com');
  await ada.signUp();
  await ada.create('Buy milk');
  await ada.titles();
});
afterAll(async () => {
  await stop(program);
  await collector[Symbol.asyncDispose]();
  dataDir[Symbol.dispose]();
});

const scrape = async () => (await fetch(metricsUrl)).text();

/** The metrics of a scrape, each with its labels. A histogram also has `le`. */
function served(text: string): Map<string, Set<string>> {
  const metrics = new Map<string, Set<string>>();
  let current = new Set<string>();
  for (const line of text.split('\n')) {
    const [, name] = /^# TYPE (\S+)/.exec(line) ?? [];
    if (name) {
      current = new Set();
      metrics.set(name, current);
    } else for (const [, label = ''] of line.matchAll(/[{,](\w+)="/g)) current.add(label);
  }
  return metrics;
}

/** The metrics that the page lists, each with its labels. */
const documented = new Map(
  [...(read('monitoring.md').split(/^## /m)[1] ?? '').matchAll(/^\| `(\w+)` \|(.*?)\|/gm)].map(([, name = '', labels = '']) => [
    name,
    new Set([...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label)),
  ]),
);

/** Rules and dashboard: every PromQL expression. */
const alerts = [...read('monitoring/alerts.yml').matchAll(/^ {8}expr: (['"])(.*)\1$/gm)].map(([, , expression = '']) => expression);
const recorded = new Set([...read('monitoring/alerts.yml').matchAll(/- record: (\S+)/g)].map(([, name = '']) => name));
const panels = [...read('monitoring/dashboard.json').matchAll(/"expr": (".*")/g)].map(([, expression = '']): string => JSON.parse(expression));

it('the program serves the metrics that the page lists, with the labels that it lists', async () => {
  const expected = [...documented].map(([name, labels]) => [name, [...labels].sort()]);
  // A backup, and the first look for old data, come after ten seconds. There was no drill, but a backup has the same labels, and nothing has failed yet.
  const found = async () => [...served(await scrape())].map(([name, labels]) => [name, [...labels].filter((label) => label !== 'le').sort()]);
  await client(program, 'nobody@example.com')
    .signIn()
    .catch(() => {});
  await fetch(`${program.url}/trpc/tasks.list`);
  await expect.poll(async () => (await found()).sort()).toEqual(expected.sort());
});

it('rules and dashboard use served metrics and labels only', async () => {
  const metrics = served(await scrape());
  expect(alerts.length).toBeGreaterThan(20);
  expect(panels.length).toBeGreaterThan(20);
  const known = new Set(['up', ...recorded, ...documented.keys()]);
  const labels = new Set(['le', 'job', 'instance', ...[...metrics.values()].flatMap((each) => [...each])]);
  const words = new Set([
    'sum',
    'rate',
    'increase',
    'avg',
    'max',
    'min',
    'avg_over_time',
    'resets',
    'time',
    'histogram_quantile',
    'vector',
    'by',
    'on',
    'and',
    'or',
    'unless',
    'offset',
  ]);
  for (const expression of [...alerts, ...panels]) {
    const matched = [...expression.matchAll(/([{,])(\w+)(?:=~|!~|!=|=)"/g)].map(([, , label = '']) => label);
    const grouped = [...expression.matchAll(/\b(?:by|on) \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(', '));
    expect(
      [...matched, ...grouped].filter((label) => !labels.has(label)),
      expression,
    ).toEqual([]);
    const names = expression
      .replace(/\{[^}]*\}|\[[^\]]*\]|\b(by|on) \([^)]*\)/g, ' ')
      .match(/[a-z_][\w:]*/gi)
      ?.filter((name) => !words.has(name) && !/^(\d|e\d|d$)/.test(name))
      .map((name) => (metrics.has(name) ? name : name.replace(/_(bucket|count|sum)$/, '')));
    expect(
      names?.filter((name) => !known.has(name)),
      expression,
    ).toEqual([]);
    expect(names?.length, expression).toBeGreaterThan(0);
  }
});

it('every listed metric is in the dashboard or in a rule', () => {
  const used = [...alerts, ...panels].join('\n');
  expect([...documented.keys()].filter((name) => !used.includes(name))).toEqual([]);
});

it('serves nothing else on the port of metrics', async () => {
  const base = metricsUrl.replace('/metrics', '');
  for (const path of ['/', '/trpc/tasks.list', '/metrics/x']) expect((await fetch(`${base}${path}`)).status).toBe(404);
  expect((await fetch(metricsUrl, { method: 'POST' })).status).toBe(404);
  expect((await fetch(metricsUrl)).headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect((await fetch(`${program.url}/metrics`)).status).toBe(404);
});

it('goes on serving metrics while the server stops and waits for a request, and sends the last traces', async () => {
  const { hostname, port } = new URL(program.url);
  const slow = createConnection({ host: hostname, port: Number(port) });
  slow.on('error', () => {});
  slow.write('POST /api/auth/sign-in/email HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{');
  await expect.poll(async () => /^http_server_active_requests 1$/m.test(await scrape())).toBe(true);
  program.child.kill('SIGTERM');
  await expect.poll(() => fetch(`${program.url}/livez`).then(String, () => 'refused')).toBe('refused');
  expect(await scrape()).toContain('process_uptime_seconds');
  slow.destroy();
  expect(await program.exit).toBe(0);
  for (const name of ['tasks.create', 'transaction', '/livez', 'service.version']) expect(traces.join()).toContain(name);
});
