import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { listen } from '../http/listen.ts';
import { json, startTestApi } from '../testing/api.ts';
import { openWatch } from '../testing/events.ts';
import { createTelemetry } from './telemetry.ts';
import { createTracing } from './tracing.ts';

const value = z.object({ stringValue: z.string().optional(), intValue: z.union([z.number(), z.string()]).optional(), doubleValue: z.number().optional() });
const attributes = z.array(z.object({ key: z.string(), value })).default([]);
const span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  kind: z.number(),
  attributes,
  startTimeUnixNano: z.coerce.bigint(),
  endTimeUnixNano: z.coerce.bigint(),
  status: z.object({ code: z.number().optional() }).optional(),
});
const exported = z.object({
  resourceSpans: z.array(z.object({ resource: z.object({ attributes }), scopeSpans: z.array(z.object({ spans: z.array(span) })) })),
});

/** The clock of the spans counts milliseconds. */
const RESOLUTION = 2_000_000n;

/** A collector that takes OTLP over HTTP, and an API that sends its spans there. Ending the tracing sends them all. */
async function startTraced() {
  const spans: z.infer<typeof span>[] = [];
  const paths: string[] = [];
  const collector = await listen(
    async (request) => {
      paths.push(new URL(request.url).pathname);
      const { resourceSpans } = exported.parse(await request.json());
      spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans).flatMap((scope) => scope.spans));
      return Response.json({});
    },
    { host: '127.0.0.1', port: 0 },
  );
  const tracing = createTracing(`http://127.0.0.1:${collector.port}/`, resourceFromAttributes({ 'service.name': 'todo' }));
  const lines: { trace: string | undefined }[] = [];
  const api = await startTestApi({ telemetry: createTelemetry({ tracing }), logRequest: (entry) => lines.push(entry), watching: { pollIntervalMs: 20 } });
  onTestFinished(async () => {
    await api[Symbol.asyncDispose]();
    await collector[Symbol.asyncDispose]();
  });
  return { api, spans, paths, lines, flush: () => tracing[Symbol.asyncDispose]() };
}

it('a request continues the trace of its caller, and has a span for each call and each transaction', async () => {
  const { api, spans, paths, lines, flush } = await startTraced();
  const ada = await api.signUp();
  const [traceId, caller] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
  const headers = { 'content-type': 'application/json', traceparent: `00-${traceId}-${caller}-01` };
  const calls = { 0: { title: 'A secret title' }, 1: { title: 'Another secret title' } };
  await ada.fetch('/trpc/tasks.create,tasks.create?batch=1', { ...json(calls), headers });
  expect(lines.at(-1)?.trace).toBe(traceId);
  await flush();

  expect(new Set(paths)).toEqual(new Set(['/v1/traces']));
  const ours = spans.filter((each) => each.traceId === traceId);
  const [request] = ours.filter(({ parentSpanId }) => parentSpanId === caller);
  expect(request).toMatchObject({ name: 'POST /trpc/*', kind: 2 });
  const under = (parent: { spanId: string } | undefined, name: string) => ours.filter((each) => each.parentSpanId === parent?.spanId && each.name === name);
  const created = under(request, 'tasks.create');
  expect(created).toHaveLength(2);
  for (const call of created) {
    const transactions = under(call, 'transaction');
    expect(transactions).toHaveLength(1);
    const [transaction] = transactions;
    expect(transaction?.attributes.map(({ key }) => key).sort()).toEqual(['db.client.connection.pool.name', 'db.system.name', 'todo.db.connection.wait_time']);
    const [began, ended] = [transaction?.startTimeUnixNano ?? 0n, transaction?.endTimeUnixNano ?? 0n];
    expect(began >= call.startTimeUnixNano - RESOLUTION && ended <= call.endTimeUnixNano + RESOLUTION && ended >= began).toBe(true);
  }
  for (const secret of ['secret', ada.userId, ada.email])
    expect(JSON.stringify(spans, (_, each) => (typeof each === 'bigint' ? '' : each))).not.toContain(secret);
});

it('a request without a trace begins one, which the log names, and one that its caller does not record is not sent', async () => {
  const { api, spans, lines, flush } = await startTraced();
  await api.fetch('/trpc/tasks.list');
  const [begun] = lines;
  const unrecorded = randomBytes(16).toString('hex');
  await api.fetch('/livez', { headers: { traceparent: `00-${unrecorded}-${randomBytes(8).toString('hex')}-00` } });
  await flush();
  expect(begun?.trace).toMatch(/^[0-9a-f]{32}$/);
  expect(lines.at(-1)?.trace).toBe(unrecorded);
  expect(spans.map(({ traceId, name }) => [traceId, name])).toEqual([
    [begun?.trace, 'tasks.list'],
    [begun?.trace, 'GET /trpc/*'],
  ]);
  const failed = spans.map((each) => each.attributes.find(({ key }) => key === 'error.type')?.value.stringValue);
  expect(failed).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED']);
});

it('a stream is traced until its response begins, and polling for it is not', async () => {
  const { api, spans, lines, flush } = await startTraced();
  const ada = await api.signUp();
  await using watch = await openWatch(api.fetch, ada.headers.cookie, {});
  const { trace } = lines.at(-1) ?? {};
  for (let i = 0; i < 3; i += 1) {
    await watch.next();
    await ada.client.jwt.tasks.create.mutate({ title: 'Task' });
  }
  await watch.next();
  await flush();
  const ours = spans.filter(({ traceId }) => traceId === trace);
  const request = ours.find(({ name }) => name === 'GET /trpc/*');
  const late = ours.filter(({ endTimeUnixNano }) => endTimeUnixNano > (request?.endTimeUnixNano ?? 0n) + RESOLUTION);
  expect([ours.length > 0, late]).toEqual([true, []]);
});

it.each(['is gone', 'never answers'])('a collector that %s fails no request and does not hold up the end of the server', async (fault) => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const address = silent.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  if (fault === 'is gone') silent.close();
  const tracing = createTracing(`http://127.0.0.1:${port}`, resourceFromAttributes({}));
  const api = await startTestApi({ telemetry: createTelemetry({ tracing }) });
  onTestFinished(async () => {
    await api[Symbol.asyncDispose]();
    silent.close();
  });
  for (let i = 0; i < 10; i += 1) expect((await api.fetch('/livez')).status).toBe(200);
  const ended = tracing[Symbol.asyncDispose]().then(() => 'ended');
  expect(await Promise.race([ended, delay(30_000, 'waits', { ref: false })])).toBe('ended');
});
