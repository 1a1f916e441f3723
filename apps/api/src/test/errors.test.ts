import { reasons } from '@todo/contract';
import { inspect } from '@todo/db/testing';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { type Person, startTestApi } from '../testing/api.ts';
import { type Cause, causes, create, raise, type Scene, SECRET } from '../testing/causes.ts';
import { call } from '../testing/procedures.ts';

const failure = z.strictObject({
  error: z.strictObject({
    message: z.string(),
    code: z.number(),
    data: z.strictObject({
      code: z.string(),
      httpStatus: z.number(),
      reason: z.string(),
      path: z.string().optional(),
      fields: z.record(z.string(), z.array(z.string())).optional(),
      retryAfterSeconds: z.int().min(1).optional(),
      quota: z.enum(['tasks', 'bytes', 'lists']).optional(),
      seq: z.int().optional(),
    }),
  }),
});

const internals =
  /select |insert |update |delete from|\$\d|tasks_|user_id|todo_user|node_modules|\.ts\b|\.js\b|\bat \w+ \(|postgres|127\.0\.0\.1|SQL|relation|column|constraint/i;

/** No details of the server, data of other users or values of this request. */
function expectNoLeak(text: string, { userId, email }: Person): void {
  expect(text).not.toMatch(internals);
  for (const value of [userId, email, SECRET]) expect(text).not.toContain(value);
}

async function inScene<Result>({ callsPerMinute = 0 }: Partial<Cause>, play: (scene: Scene) => Promise<Result>): Promise<Result> {
  await using api = await startTestApi({ callsPerMinute });
  const person = await api.signUp();
  const asPerson = (procedure: string, input?: unknown) => call(api, procedure, input, person.headers.jwt);
  return await play({ api, person, call: asPerson, arrange: (text) => inspect(api.database.superuserUrl, text) });
}

it('every reason has a cause here', () => {
  expect(Object.keys(causes)).toEqual(Object.keys(reasons));
});

it.each(Object.entries(causes))('%s has its status and the common shape, and reveals nothing internal', async (reason, cause) => {
  await inScene(cause, async (scene) => {
    const response = await cause.make(scene);
    const text = await response.text();
    const { data } = failure.parse(JSON.parse(text)).error;
    expect(data).toMatchObject({ reason, httpStatus: cause.status });
    expect(response.status).toBe(cause.status);
    expect(response.headers.get('content-type')).toBe('application/json');
    expectNoLeak(text, scene.person);

    const waits = ['RATE_LIMITED', 'OVERLOADED', 'DATABASE_UNAVAILABLE'].includes(reason);
    expect(response.headers.get('retry-after')).toBe(waits ? String(data.retryAfterSeconds) : null);
    expect(data.retryAfterSeconds !== undefined).toBe(waits);
    expect(data.quota).toBe(reason === 'QUOTA_REACHED' ? 'tasks' : undefined);
    expect(data.seq).toBe(reason === 'ALREADY_APPLIED' ? 1 : undefined);
    expect(data.fields).toEqual(reason === 'INVALID_INPUT' ? { owner: ['is not a field of this input'] } : undefined);

    expect(scene.api.logged).toHaveLength(['INTERNAL', 'DEADLINE_EXCEEDED'].includes(reason) ? 1 : 0);
    for (const value of [scene.person.userId, scene.person.email, SECRET, 'insert into']) expect(scene.api.logged.join('\n')).not.toContain(value);
  });
});

it.each([
  [{}, 'The input is not valid: title is missing.'],
  [{ title: 'One', dueTime: '09:00' }, 'The input is not valid: dueTime requires dueDate.'],
  [{ title: ' ', a: 1, b: 2, c: 3 }, /^The input is not valid: title must not be blank; a is not a field of this input; b [^;]*; …$/],
])('the message of a refused input says what is wrong with %j', async (input, message) => {
  await inScene({}, async (scene) => {
    const { error } = failure.parse(await (await scene.call('tasks.create', input)).json());
    expect(error.message).toEqual(typeof message === 'string' ? message : expect.stringMatching(message));
  });
});

it('the log names the kind of a defect and where it is, but no value, not even one that PostgreSQL quotes', async () => {
  await inScene({}, async (scene) => {
    await raise(scene, 'perform new.title::uuid');
    const response = await create(scene);
    expect(response.status).toBe(400);
    expectNoLeak(await response.text(), scene.person);
    expect(scene.api.logged).toEqual([expect.stringContaining('22P02')]);
    expect(scene.api.logged.join()).not.toContain(SECRET);
  });
});

it('a failure inside a streamed batch reveals no more', async () => {
  await inScene({}, async ({ api, person, arrange }) => {
    await arrange('alter table tasks drop column description cascade');
    const headers = { ...person.headers.jwt, 'trpc-accept': 'application/jsonl' };
    const text = await (await api.fetch('/trpc/tasks.list,tasks.counts?batch=1', { headers })).text();
    expect(text).toContain('INTERNAL');
    expectNoLeak(text, person);
  });
});
