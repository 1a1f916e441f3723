import { randomUUID } from 'node:crypto';
import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { json, type Person, startTestApi, type TestApi } from '../testing/api.ts';
import { call } from '../testing/procedures.ts';

let api: TestApi;
let ada: Person;

beforeAll(async () => {
  api = await startTestApi();
});
beforeEach(async () => {
  ada = await api.signUp();
});
afterAll(() => api[Symbol.asyncDispose]());

/** The request ids in the log, one per event. */
const logged = async ({ userId }: Person) =>
  (await inspect(api.database.superuserUrl, `select request_id from events where user_id = '${userId}' order by seq`)).map((event) => event.request_id);

const idOf = (response: Response) => response.headers.get('x-request-id');
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

it('a change is logged with the request that brought it, which the answer names', async () => {
  const answers = [];
  for (const title of ['One', 'Two']) answers.push(await call(api, 'tasks.create', { title }, ada.headers.jwt));
  const ids = answers.map(idOf);
  expect(ids).toEqual([expect.stringMatching(uuid), expect.stringMatching(uuid)]);
  expect(new Set(ids).size).toBe(2);
  expect(await logged(ada)).toEqual(ids);
});

it('the id is the server’s own: one that a client sends is passed over', async () => {
  const sent = randomUUID();
  const response = await call(api, 'tasks.create', { title: 'One' }, { ...ada.headers.jwt, 'x-request-id': sent });
  expect(idOf(response)).not.toBe(sent);
  expect(await logged(ada)).toEqual([idOf(response)]);
});

it('all changes of one call share its id, and so do all calls of a batch', async () => {
  const many = await call(api, 'tasks.createMany', { tasks: [{ title: 'One' }, { title: 'Two' }] }, ada.headers.jwt);
  const body = json({ 0: { title: 'Three' }, 1: { title: 'Four', mutationId: randomUUID() } });
  const batch = await api.fetch('/trpc/tasks.create,tasks.create?batch=1', { ...body, headers: { ...body.headers, ...ada.headers.jwt } });
  const rewind = await call(api, 'history.rewind', { to: 0 }, ada.headers.jwt);
  expect([many.status, batch.status, rewind.status]).toEqual([200, 200, 200]);
  expect(await logged(ada)).toEqual([...Array(2).fill(idOf(many)), ...Array(2).fill(idOf(batch)), ...Array(4).fill(idOf(rewind))]);
});

it('a repeated call leaves the request that was first', async () => {
  const create = { title: 'One', mutationId: randomUUID() };
  const [first, again] = [await call(api, 'tasks.create', create, ada.headers.jwt), await call(api, 'tasks.create', create, ada.headers.jwt)];
  expect(await again.text()).toBe(await first.text());
  expect(await logged(ada)).toEqual([idOf(first)]);
});

it('every answer has an id, refusals too', async () => {
  const answers = await Promise.all([
    call(api, 'tasks.list', {}, ada.headers.jwt),
    call(api, 'tasks.list', {}),
    call(api, 'tasks.get', { id: randomUUID() }, ada.headers.jwt),
    call(api, 'tasks.get', { id: 'x' }, ada.headers.jwt),
    api.fetch('/trpc/tasks.create', { method: 'POST', body: 'title=One' }),
    api.fetch('/trpc/nothing'),
    api.fetch('/trpc/sync.watch?input=%7B%22cursor%22%3A-1.5%7D', { headers: ada.headers.jwt }),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([200, 401, 404, 400, 415, 404, 200]);
  expect(new Set(answers.map(idOf)).size).toBe(answers.length);
  for (const answer of answers) expect(idOf(answer)).toMatch(uuid);
});
