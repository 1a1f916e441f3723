import { randomUUID } from 'node:crypto';
import { type ServerReason, TASK_MAX_LEVELS } from '@todo/contract';
import { expect } from 'vitest';
import { type Person, startTestApi, type TestApi } from './api.ts';
import { call } from './procedures.ts';

/** A word that only the caller knows. If it appears elsewhere, a value has leaked. */
export const SECRET = 'Kryptonite';
export interface Scene {
  api: TestApi;
  person: Person;
  /** Calls as the user. */
  call(procedure: string, input?: unknown): Promise<Response>;
  /** Changes the database directly. */
  arrange(text: string): Promise<unknown>;
}

export interface Cause {
  status: number;
  callsPerMinute?: number;
  make(scene: Scene): Promise<Response>;
}

const anId = () => randomUUID();
export const create = ({ call }: Scene, fields = {}) => call('tasks.create', { title: SECRET, description: SECRET, ...fields });
const made = async (scene: Scene, fields = {}): Promise<string> => {
  const id = anId();
  await create(scene, { id, ...fields });
  return id;
};
export const raise = async ({ arrange }: Scene, statement: string) => {
  await arrange(`create function break_it() returns trigger language plpgsql as $$ begin ${statement}; return new; end $$`);
  await arrange('create trigger tasks_99_break before insert on tasks for each row execute function break_it()');
};

const createBroken = async (scene: Scene, statement: string) => {
  await raise(scene, statement);
  return create(scene);
};

/** A real cause for each reason. */
export const causes: Record<ServerReason, Cause> = {
  UNAUTHENTICATED: { status: 401, make: ({ api }) => call(api, 'tasks.create', { title: SECRET }) },
  USER_CHANGED: { status: 412, make: ({ api, person }) => call(api, 'tasks.create', { title: SECRET }, { ...person.headers.jwt, 'x-todo-user': anId() }) },
  INVALID_INPUT: { status: 400, make: (scene) => create(scene, { owner: SECRET }) },
  INVALID_CURSOR: { status: 400, make: ({ call }) => call('tasks.list', { cursor: SECRET }) },
  TASK_NOT_FOUND: { status: 404, make: ({ call }) => call('tasks.get', { id: anId() }) },
  LIST_NOT_FOUND: { status: 404, make: ({ call }) => call('lists.get', { id: anId() }) },
  PARENT_NOT_FOUND: { status: 404, make: (scene) => create(scene, { parentId: anId() }) },
  NEIGHBOR_NOT_FOUND: { status: 404, make: async (scene) => scene.call('tasks.move', { id: await made(scene), before: anId() }) },
  PARENT_IN_OTHER_LIST: {
    status: 409,
    make: async (scene) => {
      const listId = anId();
      await scene.call('lists.create', { id: listId, name: SECRET });
      return create(scene, { listId, parentId: await made(scene) });
    },
  },
  PARENT_IS_SUBTASK: {
    status: 409,
    make: async (scene) => {
      const id = await made(scene);
      return scene.call('tasks.move', { id, parentId: await made(scene, { parentId: id }) });
    },
  },
  LEVELS_EXCEEDED: {
    status: 409,
    make: async (scene) => {
      let parentId = await made(scene);
      for (let level = 2; level <= TASK_MAX_LEVELS; level += 1) parentId = await made(scene, { parentId });
      return create(scene, { parentId });
    },
  },
  VERSION_CONFLICT: {
    status: 409,
    make: async (scene) => scene.call('tasks.edit', { id: await made(scene), title: SECRET, expectedVersion: 2 }),
  },
  NO_NEXT_DATE: { status: 409, make: async (scene) => scene.call('tasks.skip', { id: await made(scene) }) },
  ID_TAKEN: {
    status: 409,
    make: async (scene) => create(scene, { id: await made(scene), title: `${SECRET} again` }),
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
