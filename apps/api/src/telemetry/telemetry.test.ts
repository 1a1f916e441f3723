import { randomUUID } from 'node:crypto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { authEvents } from '@todo/contract';
import { inspect, script } from '@todo/db/testing';
import { expect, it, onTestFinished } from 'vitest';
import { createLog } from '../log.ts';
import { BASE_URL, json, PASSWORD, type Person, startTestApi, type TestOptions } from '../testing/api.ts';
import { createPrometheus } from './prometheus.ts';
import { createTelemetry } from './telemetry.ts';

/** The whole API with metrics and a log that keeps its lines. */
async function startMeasured(options: TestOptions = {}) {
  const lines: Record<string, unknown>[] = [];
  const log = createLog({ write: (line) => lines.push(JSON.parse(line)) });
  const prometheus = createPrometheus(resourceFromAttributes({ 'service.name': 'todo' }));
  const telemetry = createTelemetry({ meter: prometheus.meter, log });
  const api = await startTestApi({ telemetry, logRequest: log.request, ...options });
  onTestFinished(async () => {
    log[Symbol.dispose]();
    await api[Symbol.asyncDispose]();
  });
  const scrape = async () => (await prometheus.fetch(new Request('http://metrics/metrics'))).text();
  /** The values of a metric, by its labels. */
  const read = async (name: string) =>
    Object.fromEntries([...(await scrape()).matchAll(new RegExp(`^${name}\\{(.*)\\} (.*)$`, 'gm'))].map(([, labels, value]) => [labels, Number(value)]));
  return { api, lines, scrape, read };
}

const calls = 'rpc_server_call_duration_seconds_count';
const requests = 'http_server_request_duration_seconds_count';

const get = (person: Person, paths: string[], inputs: object = {}) =>
  person.fetch(`/trpc/${paths.join()}?batch=1&input=${encodeURIComponent(JSON.stringify(inputs))}`);

it('counts each call of a batch by itself, by procedure and by the reason of its failure', async () => {
  const { api, read } = await startMeasured();
  const ada = await api.signUp();
  const answer = await get(ada, ['tasks.list', 'tasks.counts', 'tasks.list', 'tasks.get', 'tasks.get'], { 3: { id: randomUUID() }, 4: { id: 'x' } });
  expect(answer.status).toBe(207);
  expect(await read(calls)).toEqual({
    'rpc_method="tasks.list",todo_procedure_type="query"': 2,
    'rpc_method="tasks.counts",todo_procedure_type="query"': 1,
    'rpc_method="tasks.get",todo_procedure_type="query",error_type="TASK_NOT_FOUND"': 1,
    'rpc_method="tasks.get",todo_procedure_type="query",error_type="INVALID_INPUT"': 1,
  });
  const sums = Object.values(await read('db_client_connection_use_time_seconds_count'));
  expect(sums.length).toBe(2);
});

it('the share of calls within the 200 ms of SC-001 can be read', async () => {
  const { api, scrape } = await startMeasured();
  await get(await api.signUp(), ['tasks.list']);
  const text = await scrape();
  const bucket = (le: string) =>
    new RegExp(`rpc_server_call_duration_seconds_bucket\\{rpc_method="tasks.list",todo_procedure_type="query",le="${le}"\\} (\\d)`).exec(text)?.[1];
  // How long it took says nothing on a busy machine.
  expect(['0', '1']).toContain(bucket('0.2'));
  expect(bucket('\\+Inf')).toBe('1');
});

it('requests of strangers add no labels, and no label names a person or a task', async () => {
  const { api, scrape } = await startMeasured();
  const ada = await api.signUp();
  const task = await ada.client.jwt.tasks.create.mutate({ title: 'A secret title' });
  const visit = async (methods: string[]) => {
    for (const method of methods) {
      for (const path of [
        `/${randomUUID()}`,
        `/trpc/${randomUUID()}`,
        `/trpc/tasks.${randomUUID()}`,
        `/api/auth/${randomUUID()}`,
        `/api/auth/sign-in/${randomUUID()}`,
      ])
        await api.fetch(path, { method, headers: { 'content-type': 'application/json', traceparent: randomUUID(), 'x-todo-user': randomUUID() } });
    }
  };
  await visit(['GET', 'POST', 'PURGE', 'LINK']);
  const series = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
  const before = series(await scrape());
  for (let i = 0; i < 5; i += 1) await visit(['GET', 'POST', 'PURGE', 'REBIND', 'UNLOCK', `X${i}`]);
  const text = await scrape();
  expect(series(text)).toBe(before);
  for (const secret of [ada.userId, ada.email, 'secret', task.id]) expect(text).not.toContain(secret);
  const routes = new Set([...text.matchAll(/http_route="([^"]*)"/g)].map(([, route]) => route));
  expect([...routes].sort()).toEqual(['/*', '/api/auth/*', '/api/auth/sign-up/email', '/api/auth/token', '/trpc/*']);
});

it('counts what was refused at once by its reason', async () => {
  const { api, read } = await startMeasured({ requestsMax: 0 });
  await api.fetch('/trpc/tasks.list');
  await api.fetch('/livez');
  expect(await read(requests)).toEqual({
    'http_request_method="GET",http_route="/trpc/*",http_response_status_code="503",error_type="OVERLOADED"': 1,
    'http_request_method="GET",http_route="/livez",http_response_status_code="200"': 1,
  });
});

it('logs and counts who signs in and out by a pseudonym, and only counts who fails to', async () => {
  const { api, lines, read } = await startMeasured();
  const ada = await api.signUp();
  const post = (path: string, body: object) =>
    ada.fetch(`/api/auth/${path}`, { ...json(body), headers: { 'content-type': 'application/json', origin: BASE_URL } });
  await api.fetch('/api/auth/sign-in/email', json({ email: ada.email, password: PASSWORD }));
  for (const email of [ada.email, 'nobody@example.com']) await api.fetch('/api/auth/sign-in/email', json({ email, password: 'wrong password' }));
  await post('change-password', { currentPassword: PASSWORD, newPassword: `${PASSWORD} 2` });
  const signedOut = await api.fetch('/api/auth/sign-in/email', json({ email: ada.email, password: `${PASSWORD} 2` }));
  const authorization = `Bearer ${signedOut.headers.get('set-auth-token')}`;
  await api.fetch('/api/auth/sign-out', { ...json({}), headers: { 'content-type': 'application/json', authorization } });
  await api.fetch('/api/auth/sign-out', { ...json({}), headers: { 'content-type': 'application/json', authorization } });
  await post('delete-user', { password: `${PASSWORD} 2` });

  // On a slow machine a second ends meanwhile, and with it the count of what was refused in it.
  const events = lines.filter(({ msg }) => msg !== 'request' && msg !== 'requests refused, and lines not logged, in the last second');
  expect(events.map(({ msg }) => msg)).toEqual(['signed_up', 'signed_in', 'password_changed', 'signed_in', 'signed_out', 'account_deleted']);
  expect(new Set(events.map(({ user }) => user))).toEqual(new Set([expect.stringMatching(/^[0-9a-f]{16}$/)]));
  expect(events.map(({ requestId }) => requestId)).toEqual(events.map(() => expect.stringMatching(/^[0-9a-f-]{36}$/)));
  expect(JSON.stringify(lines)).not.toMatch(/@example|correct horse/);
  const event = (name: string, count: number) => ({ [`todo_auth_event="${name}"`]: count });
  expect(await read('todo_auth_events_total')).toEqual({
    ...Object.assign({}, ...authEvents.map((name) => event(name, 0))),
    ...event('signed_up', 1),
    ...event('signed_in', 2),
    ...event('sign_in_failed', 2),
    ...event('signed_out', 1),
    ...event('password_changed', 1),
    ...event('account_deleted', 1),
  });
  expect(
    (await read(requests))['http_request_method="POST",http_route="/api/auth/sign-in/email",http_response_status_code="401",error_type="CREDENTIALS_WRONG"'],
  ).toBe(2);
});

it('a call whose statements take long is a line in the log, with its procedure and request, and others are not', async () => {
  const { api, lines } = await startMeasured();
  const ada = await api.signUp();
  await ada.client.jwt.tasks.create.mutate({ title: 'Quick' });
  const lock = `select pg_advisory_xact_lock(hashtextextended('${ada.userId}', 0)), pg_sleep(1.5)`;
  const locking = script(api.database.ownerUrl, `begin; ${lock}; commit`);
  const held = `select from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`;
  await expect.poll(() => inspect(api.database.superuserUrl, held)).toHaveLength(1);
  const answer = await ada.fetch('/trpc/tasks.create', json({ title: 'A secret title' }));
  await locking;
  expect(lines.filter(({ msg }) => msg === 'slow')).toEqual([
    {
      level: 'warn',
      time: expect.any(String),
      msg: 'slow',
      requestId: answer.headers.get('x-request-id'),
      name: 'tasks.create',
      milliseconds: expect.any(Number),
      databaseMilliseconds: expect.any(Number),
      waitedMilliseconds: expect.any(Number),
      transactions: 1,
    },
  ]);
});
