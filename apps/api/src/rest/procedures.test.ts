import { randomUUID } from 'node:crypto';
import { procedures } from '@todo/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Person, startTestApi, type TestApi } from '../testing/api.ts';
import { valid } from '../testing/inputs.ts';
import { problemIn, problemOutcome } from '../testing/problems.ts';
import { call, outcomeOf } from '../testing/procedures.ts';
import { callRest, restOperations } from '../testing/rest.ts';

let api: TestApi;
let ada: Person;
let ben: Person;
beforeAll(async () => {
  api = await startTestApi();
  [ada, ben] = [await api.signUp(), await api.signUp('Ben')];
});
afterAll(() => api[Symbol.asyncDispose]());

it('REST has every procedure of the contract but the stream', () => {
  const all = Object.entries(procedures).flatMap(([group, members]) => Object.keys(members).map((name) => `${group}.${name}`));
  expect(all.filter((path) => !restOperations.has(path))).toEqual(['sync.watch']);
  const addresses = [...restOperations.values()].map(({ method, path }) => `${method} ${path}`);
  expect(new Set(addresses).size).toBe(addresses.length);
});

it('its addresses are those of resources', () => {
  const addressOf = (name: string) => `${restOperations.get(name)?.method} ${restOperations.get(name)?.path}`;
  const names = [
    'tasks.list',
    'tasks.create',
    'tasks.get',
    'tasks.edit',
    'tasks.remove',
    'tasks.complete',
    'tasks.createMany',
    'labels.remove',
    'history.list',
  ];
  expect(names.map(addressOf)).toEqual([
    'get /tasks',
    'post /tasks',
    'get /tasks/{id}',
    'patch /tasks/{id}',
    'delete /tasks/{id}',
    'post /tasks/{id}/complete',
    'post /tasks/create-many',
    'post /labels/remove',
    'get /history',
  ]);
});

describe.each([...restOperations.keys()])('%s', (name) => {
  const inputOf = (id: string) => valid[name]?.(id) ?? {};

  it('needs a sign-in, and refuses the credential of another user than the one who is named', async () => {
    const none = await callRest(api, name, inputOf(randomUUID()));
    expect([none.status, await problemOutcome(none)]).toEqual([401, 'UNAUTHENTICATED']);
    const other = await callRest(api, name, inputOf(randomUUID()), { ...ada.headers.jwt, 'x-todo-user': ben.userId });
    expect(await problemOutcome(other)).toBe('USER_CHANGED');
  });

  it('does what tRPC does, and the same for a missing task as for one of another user', async () => {
    const missing = randomUUID();
    const theirs = (await ben.client.jwt.tasks.create.mutate({ title: 'Theirs' })).id;
    const trpc = await call(api, name, inputOf(missing), ada.headers.jwt);
    const said = await outcomeOf(trpc);
    expect(await problemOutcome(await callRest(api, name, inputOf(missing), ada.headers.jwt))).toBe(said);
    expect(await problemOutcome(await callRest(api, name, inputOf(theirs), ada.headers.jwt))).toBe(said);
    expect((await ben.client.jwt.tasks.get.query({ id: theirs })).version).toBe(1);
  });

  it('takes no owner and no unknown field', async () => {
    for (const field of ['userId', 'owner', 'constructor'])
      expect(
        await problemIn(await callRest(api, name, { ...inputOf(randomUUID()), ...JSON.parse(`{"${field}":"${ben.userId}"}`) }, ada.headers.jwt)),
      ).toMatchObject({
        reason: 'INVALID_INPUT',
        fields: { [field]: ['is not a field of this input'] },
      });
  });
});
