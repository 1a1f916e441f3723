import { randomUUID } from 'node:crypto';
import { reasons, type ServerReason } from '@todo/contract';
import { inspect } from '@todo/db/testing';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { type Person, startTestApi, type TestApi } from '../testing/api.ts';
import { call } from '../testing/procedures.ts';

/** A word that only the caller knows. If it appears elsewhere, a value has leaked. */
const SECRET = 'Kryptonite';
interface Scene {
  api: TestApi;
  person: Person;
  /** Calls as the user. */
  call(procedure: string, input?: unknown): Promise<Response>;
  /** Changes the database directly. */
  arrange(text: string): Promise<unknown>;
}

interface Cause {
  status: number;
  callsPerMinute?: number;
  make(scene: Scene): Promise<Response>;
}

const anId = () => randomUUID();
const create = ({ call }: Scene, fields = {}) => call('tasks.create', { title: SECRET, description: SECRET, ...fields });
const raise = async ({ arrange }: Scene, statement: string) => {
  await arrange(`create function break_it() returns trigger language plpgsql as $$ begin ${statement}; return new; end $$`);
  await arrange('create trigger tasks_99_break before insert on tasks for each row execute function break_it()');
};

const createBroken = async (scene: Scene, statement: string) => {
  await raise(scene, statement);
  return create(scene);
};

/** A real cause for each reason. */
const causes: Record<ServerReason, Cause> = {
  UNAUTHENTICATED: { status: 401, make: ({ api }) => call(api, 'tasks.create', { title: SECRET }) },
  USER_CHANGED: { status: 412, make: ({ api, person }) => call(api, 'tasks.create', { title: SECRET }, { ...person.headers.jwt, 'x-todo-user': anId() }) },
  INVALID_INPUT: { status: 400, make: (scene) => create(scene, { owner: SECRET }) },
  INVALID_CURSOR: { status: 400, make: ({ call }) => call('tasks.list', { cursor: SECRET }) },
  TASK_NOT_FOUND: { status: 404, make: ({ call }) => call('tasks.get', { id: anId() }) },
  LIST_NOT_FOUND: { status: 404, make: ({ call }) => call('lists.get', { id: anId() }) },
  VERSION_CONFLICT: {
    status: 409,
    make: async (scene) => {
      const id = anId();
      await create(scene, { id });
      return scene.call('tasks.edit', { id, title: SECRET, expectedVersion: 2 });
    },
  },
  ID_TAKEN: {
    status: 409,
    make: async (scene) => {
      const id = anId();
      await create(scene, { id });
      return create(scene, { id, title: `${SECRET} again` });
    },
  },
  MUTATION_REUSED: {
    status: 409,
    make: async (scene) => {
      const mutationId = anId();
      await create(scene, { mutationId });
      return create(scene, { title: `${SECRET} again`, mutationId });
    },
  },
  ALREADY_APPLIED: {
    status: 409,
    make: async (scene) => {
      const mutationId = anId();
      await create(scene, { mutationId });
      await scene.api.database.trimLog(scene.person.userId);
      return create(scene, { mutationId });
    },
  },
  CALL_NOT_FOUND: { status: 404, make: ({ call }) => call('history.undo', { of: { mutationId: anId() } }) },
  QUOTA_REACHED: {
    status: 403,
    make: async (scene) => {
      await scene.arrange('alter table owners drop constraint owners_task_quota, add constraint owners_task_quota check (open + completed <= 2)');
      for (const _ of [1, 2]) await create(scene);
      return create(scene);
    },
  },
  RATE_LIMITED: {
    status: 429,
    callsPerMinute: 3,
    make: async (scene) => {
      for (const _ of [1, 2, 3]) expect((await create(scene)).status).toBe(200);
      return create(scene);
    },
  },
  DATABASE_UNAVAILABLE: {
    status: 503,
    make: (scene) => createBroken(scene, `raise exception '${SECRET}' using errcode = '57P01'`),
  },
  OVERLOADED: {
    status: 503,
    make: async () => {
      await using busy = await startTestApi({ requestsMax: 0 });
      return busy.fetch('/trpc/tasks.list');
    },
  },
  DEADLINE_EXCEEDED: {
    status: 504,
    make: (scene) => createBroken(scene, `raise exception 'canceling statement due to statement timeout' using errcode = '57014'`),
  },
  STORAGE_FULL: {
    status: 503,
    make: (scene) => createBroken(scene, `raise exception 'could not extend file "base/1/2": ${SECRET}' using errcode = '53100'`),
  },
  TOO_LARGE: { status: 413, make: (scene) => create(scene, { description: SECRET.repeat(120_000) }) },
  INTERNAL: {
    status: 500,
    make: (scene) => scene.arrange('alter table tasks drop column description cascade').then(() => create(scene)),
  },
};

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
