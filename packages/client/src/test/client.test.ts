import { randomUUID } from 'node:crypto';
import { startTestApi } from '@todo/api/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { createTodoClient, type SessionStore, type TodoClient, TodoError } from '../index.ts';
import { listen, plain } from '../testing/client.ts';

const cleanUp = new AsyncDisposableStack();
afterAll(() => cleanUp.disposeAsync());

/** The whole API behind a real port, and clients for it. */
async function start(options?: Parameters<typeof startTestApi>[0]) {
  const api = cleanUp.use(await startTestApi(options));
  const { url } = cleanUp.use(await listen((request) => api.fetch(request.url, request)));
  return { url, newClient: () => createTodoClient({ url }) };
}
const { url, newClient } = await start();

const newcomer = () => ({ name: 'Ada', email: `${randomUUID()}@example.com`, password: 'correct horse' });
async function signedUp(todo: TodoClient = newClient()): Promise<TodoClient> {
  await todo.signUp(newcomer());
  return todo;
}
const storeOf = (token: string): SessionStore => ({ load: () => token, save: () => {}, clear: () => {} });
const failure = async (call: Promise<unknown>): Promise<TodoError> => {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof TodoError) return error;
  throw new Error('not a TodoError', { cause: error });
};

describe('a person', () => {
  it('signs up, keeps tasks, and can do nothing more after signing out', async () => {
    const todo = newClient();
    const person = newcomer();
    const user = await todo.signUp(person);
    expect(user).toEqual({ id: expect.any(String), name: person.name, email: person.email, emailVerified: false });
    expect(await todo.currentUser()).toEqual(user);

    const { id } = await todo.tasks.create({ title: 'Buy milk' });
    const edited = await todo.tasks.edit({ id, title: 'Buy oat milk', expectedVersion: 1 });
    expect(edited).toMatchObject({ id, title: 'Buy oat milk', description: '', completedAt: null, version: 2 });
    expect(await todo.tasks.list({ search: 'OAT', sort: 'title' })).toEqual({ items: [plain(edited)], nextCursor: null });
    expect(await todo.tasks.complete({ id })).toMatchObject({ completedAt: expect.any(String), version: 3 });
    expect(await todo.tasks.counts()).toEqual({ open: 0, completed: 1 });
    expect(plain(await todo.tasks.reopen({ id }))).toEqual(await todo.tasks.get({ id }));
    expect(await todo.tasks.remove({ id, expectedVersion: 4 })).toEqual({ id, seq: 5 });
    expect(await todo.tasks.list()).toEqual({ items: [], nextCursor: null });

    await todo.signOut();
    expect(await failure(todo.tasks.list())).toMatchObject({ reason: 'UNAUTHENTICATED' });
    expect(await todo.currentUser()).toBeNull();
  });

  it('finds the same tasks with a second client, page by page', async () => {
    const person = newcomer();
    const [first, second] = [newClient(), createTodoClient({ url: `${url}/` })];
    const user = await first.signUp(person);
    const made = [];
    for (const title of ['One', 'Two', 'Three']) made.unshift(plain(await first.tasks.create({ title })));
    expect(await second.signIn(person)).toEqual(user);
    const { items, nextCursor } = await second.tasks.list({ limit: 2 });
    const rest = await second.tasks.list({ limit: 2, cursor: nextCursor ?? '' });
    expect([...items, ...rest.items]).toEqual(made);
  });

  it('deletes the account, with the password and not without', async () => {
    const person = newcomer();
    const todo = newClient();
    await todo.signUp(person);
    for (const password of ['wrong horse', '']) expect(await failure(todo.deleteAccount({ password }))).toMatchObject({ reason: 'CREDENTIALS_WRONG' });
    expect(await todo.tasks.counts()).toEqual({ open: 0, completed: 0 });
    await todo.deleteAccount(person);
    expect(await failure(todo.tasks.list())).toMatchObject({ reason: 'UNAUTHENTICATED' });
    expect(await failure(todo.signIn(person))).toMatchObject({ reason: 'CREDENTIALS_WRONG' });
  });

  it('does not learn by a wrong password whether there is an account', async () => {
    const person = newcomer();
    await newClient().signUp(person);
    const wrong = await failure(newClient().signIn({ ...person, password: 'wrong horse' }));
    expect(wrong).toMatchObject({ reason: 'CREDENTIALS_WRONG', status: 401, fields: {} });
    expect({ ...(await failure(newClient().signIn(newcomer()))) }).toEqual({ ...wrong });
  });
});

describe('a failure', () => {
  it('of signing up says that the e-mail address is taken, or which field is wrong', async () => {
    const person = newcomer();
    await newClient().signUp(person);
    expect(await failure(newClient().signUp(person))).toMatchObject({ reason: 'EMAIL_TAKEN', status: 422 });
    expect(await failure(newClient().signUp({ ...newcomer(), password: 'short' }))).toMatchObject({
      reason: 'INVALID_INPUT',
      fields: { password: ['Password too short'] },
    });
    expect(await failure(newClient().signUp({ ...newcomer(), email: 'ada' }))).toMatchObject({
      reason: 'INVALID_INPUT',
      message: 'Invalid email address',
      fields: { email: ['Invalid email address'] },
    });
  });

  it('of a procedure carries its reason, its status and the fields that are wrong', async () => {
    const todo = await signedUp();
    const { id } = await todo.tasks.create({ title: 'One' });
    expect(await failure(todo.tasks.edit({ id, title: ' ', expectedVersion: 0 }))).toMatchObject({
      name: 'TodoError',
      reason: 'INVALID_INPUT',
      status: 400,
      message: expect.stringMatching(/^The input is not valid: expectedVersion .*; title must not be blank\.$/),
      fields: { title: ['must not be blank'], expectedVersion: [expect.any(String)] },
    });
    expect(await failure(todo.tasks.edit({ id, title: 'Two', expectedVersion: 2 }))).toMatchObject({ reason: 'VERSION_CONFLICT', status: 409, fields: {} });
    expect(await failure(todo.tasks.create({ id, title: 'Other' }))).toMatchObject({ reason: 'ID_TAKEN', status: 409 });
    expect(await failure(todo.tasks.get({ id: randomUUID() }))).toMatchObject({ reason: 'TASK_NOT_FOUND', status: 404 });
    expect(await failure(todo.tasks.list({ cursor: 'nowhere' }))).toMatchObject({ reason: 'INVALID_CURSOR', status: 400 });
    expect(await failure((await signedUp()).tasks.get({ id }))).toMatchObject({ reason: 'TASK_NOT_FOUND', status: 404 });
  });

  it('of a request that is too large is TOO_LARGE, and the next call works', async () => {
    const todo = await signedUp();
    for (let round = 0; round < 5; round += 1) {
      expect(await failure(todo.tasks.create({ title: 'x'.repeat(2_000_000) }))).toMatchObject({ reason: 'TOO_LARGE', status: 413 });
      for (let call = 0; call < 3; call += 1) expect(await todo.tasks.counts()).toEqual({ open: 0, completed: 0 });
    }
    expect(await failure(todo.tasks.list({ search: 'x'.repeat(50_000) }))).toMatchObject({ reason: 'TOO_LARGE', status: 431 });
  });

  it('of too many calls or sign-ins says when to try again', async () => {
    const busy = await start({ signInsPerMinute: 2, callsPerMinute: 3 });
    const todo = await signedUp(busy.newClient());
    await Promise.all([1, 2, 3].map(() => todo.tasks.counts()));
    expect(await failure(todo.tasks.counts())).toMatchObject({ reason: 'RATE_LIMITED', status: 429, retryAfterSeconds: expect.any(Number) });
    const person = newcomer();
    for (const _ of [1, 2]) expect(await failure(busy.newClient().signIn(person))).toMatchObject({ reason: 'CREDENTIALS_WRONG' });
    const refused = await failure(busy.newClient().signIn(person));
    expect(refused).toMatchObject({ reason: 'RATE_LIMITED', status: 429 });
    expect(refused.retryAfterSeconds).toBeGreaterThan(0);
    expect(refused.retryAfterSeconds).toBeLessThanOrEqual(60);
  });

  it('of the database reaches those who sign in, too', async () => {
    const { newClient: newLostClient } = await start({ appUrl: 'postgres://nobody@127.0.0.1:1/none' });
    expect(await failure(newLostClient().signIn(newcomer()))).toMatchObject({ reason: 'DATABASE_UNAVAILABLE', status: 503, retryAfterSeconds: 1 });
  });

  const reasonsAt = async (address: string) => {
    const todo = createTodoClient({ url: address, session: storeOf('token.signature') });
    const calls = [todo.tasks.list(), todo.tasks.create({ title: 'Lost' }), todo.signIn(newcomer()), todo.currentUser(), todo.exportAccount()];
    return new Set((await Promise.all(calls.map(failure))).map(({ reason }) => reason));
  };

  it('is SERVER_UNREACHABLE where nothing answers, or a proxy for a server that does not', async () => {
    const { url: closed, [Symbol.asyncDispose]: close } = await listen(async () => new Response());
    await close();
    const proxies = [new Response('<h1>Bad gateway</h1>', { status: 502 }), Response.json({ message: 'no upstream' }, { status: 503 })];
    const addresses = proxies.map(async (answer) => cleanUp.use(await listen(async () => answer.clone())).url);
    for (const address of [closed, ...(await Promise.all(addresses))]) expect(await reasonsAt(address)).toEqual(new Set(['SERVER_UNREACHABLE']));
  });

  it('is ADDRESS_WRONG where something else answers, or the server at another path', async () => {
    const strangers = [
      new Response('<h1>Not found</h1>', { status: 404 }),
      new Response('<h1>Welcome</h1>'),
      Response.json({ error: 'no route' }, { status: 404 }),
    ];
    const addresses = strangers.map(async (answer) => cleanUp.use(await listen(async () => answer.clone())).url);
    for (const address of [`${url}/nowhere`, ...(await Promise.all(addresses))]) expect(await reasonsAt(address)).toEqual(new Set(['ADDRESS_WRONG']));
  });

  it('is UNAUTHENTICATED, without a request, where nobody is signed in', async () => {
    const server = cleanUp.use(await listen(async () => new Response()));
    expect(await failure(createTodoClient({ url: server.url }).tasks.list())).toMatchObject({ reason: 'UNAUTHENTICATED', status: undefined });
    expect(server.asked).toEqual([]);
  });

  it('is CALL_ABORTED where the caller has ended the call, before or during it', async () => {
    const held = Promise.withResolvers<Response>();
    const isWhose = (address: string) => address.endsWith('/get-session');
    const { url: slow } = cleanUp.use(await listen(async (request) => (isWhose(request.url) ? Response.json({ user: { id: 'ada' } }) : held.promise)));
    const todo = createTodoClient({ url: slow, session: 'cookie' });
    const ending = new AbortController();
    const during = failure(todo.tasks.list({}, { signal: ending.signal }));
    ending.abort('typed on');
    expect(await during).toMatchObject({ reason: 'CALL_ABORTED', cause: 'typed on' });
    expect(await failure(todo.tasks.counts({}, { signal: ending.signal }))).toMatchObject({ reason: 'CALL_ABORTED' });
    held.resolve(Response.json({ result: { data: { items: [], nextCursor: null } } }));
    expect(await todo.tasks.list()).toEqual({ items: [], nextCursor: null });
  });
});
