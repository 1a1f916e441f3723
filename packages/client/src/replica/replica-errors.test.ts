import { BASE_URL, startTestApi } from '@todo/api/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTodoClient } from '../index.ts';
import { fetchOfPage, listen } from '../testing/client.ts';
import { newcomer, replicaOf, startScene, untilEqual, untilState, WATCH_PATH, watching } from '../testing/replica.ts';

const HOUR_SECONDS = 3_600;

const api = await startTestApi({ watching });
const { server, begun, twoClients } = await startScene(api);
beforeEach(() => {
  begun.splice(0);
  server.asked.splice(0);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const store = { load: () => 'token.signature', save: () => {}, clear: () => {} };

/** A server in front of the API, which answers streams itself while `answer` returns a response. */
async function inFront(answer: () => Response | undefined) {
  const front = await listen(async (request) => {
    const own = new URL(request.url).pathname === WATCH_PATH ? answer() : undefined;
    return own ?? api.fetch(request.url, request);
  });
  return front;
}
const refusal = (reason: string, httpStatus: number, retryAfterSeconds?: number) =>
  Response.json({ error: { message: 'Refused.', data: { reason, httpStatus, retryAfterSeconds } } }, { status: httpStatus });

describe('a replica says why it is offline:', () => {
  it('nothing answers, and then nothing is wrong any more', async () => {
    const { here } = await twoClients();
    server.cut();
    const { replica } = replicaOf(here);
    expect(replica.error).toBeNull();
    await untilState(replica, 'offline');
    expect(replica.error).toMatchObject({ name: 'TodoError', reason: 'SERVER_UNREACHABLE' });
    server.mend();
    await untilState(replica, 'live');
    expect(replica.error).toBeNull();
  });

  it.each([
    ['another program', async () => (await listen(async () => new Response('<h1>Welcome</h1>', { status: 404 }))).url],
    ['another path of the server', async () => `${server.url}/nowhere`],
  ])('%s answers', async (_, address) => {
    const { replica } = replicaOf(createTodoClient({ url: await address(), session: store }));
    await untilState(replica, 'offline');
    expect(replica.error).toMatchObject({ reason: 'ADDRESS_WRONG' });
  });

  it('the server never answers', async () => {
    const silent = await listen(() => new Promise(() => {}));
    const { replica } = replicaOf(createTodoClient({ url: silent.url, session: 'cookie', timeoutMs: 50 }));
    await untilState(replica, 'offline');
    expect(replica.error).toMatchObject({ reason: 'CALL_TIMED_OUT' });
    await silent[Symbol.asyncDispose]();
  });

  it('the network has gone, as the browser says at once, until it is back', async () => {
    const self = new EventTarget();
    vi.stubGlobal('self', self);
    const { here } = await twoClients();
    const { replica } = replicaOf(here);
    await untilState(replica, 'live');
    server.cut();
    self.dispatchEvent(new Event('offline'));
    expect([replica.state, replica.error?.reason]).toEqual(['offline', 'SERVER_UNREACHABLE']);
    server.mend();
    self.dispatchEvent(new Event('online'));
    await untilState(replica, 'live');
    expect(replica.error).toBeNull();
  });

  it('the server refuses the stream, without asking again and again who is signed in', async () => {
    vi.stubGlobal('fetch', fetchOfPage(BASE_URL));
    await using front = await inFront(() => new Response('<h1>Bad gateway</h1>', { status: 502 }));
    const todo = createTodoClient({ url: front.url, session: 'cookie' });
    await todo.signUp(newcomer());
    front.asked.splice(0);
    const { replica } = replicaOf(todo);
    await expect.poll(() => front.asked.length).toBeGreaterThanOrEqual(4);
    replica.close();
    expect(replica.error).toMatchObject({ reason: 'SERVER_UNREACHABLE', status: 502 });
    expect(new Set(front.asked)).toEqual(new Set([WATCH_PATH]));
  });
});

describe('a replica connects again at once', () => {
  it.each(['online', 'visibilitychange'])('on %s, however long it would have waited', async (event) => {
    const [self, document] = [new EventTarget(), Object.assign(new EventTarget(), { visibilityState: 'visible' })];
    vi.stubGlobal('self', self);
    vi.stubGlobal('document', document);
    let isRefused = true;
    await using front = await inFront(() => (isRefused ? refusal('RATE_LIMITED', 429, HOUR_SECONDS) : undefined));
    const todo = createTodoClient({ url: front.url });
    await todo.signUp(newcomer());
    const { replica } = replicaOf(todo);
    await expect.poll(() => front.asked).toContain(WATCH_PATH);
    isRefused = false;
    await expect.poll(() => replica.state).toBe('loading');
    (event === 'online' ? self : document).dispatchEvent(new Event(event));
    await untilState(replica, 'live');
    replica.close();
    front.asked.splice(0);
    self.dispatchEvent(new Event('online'));
    await todo.tasks.counts();
    expect(front.asked).not.toContain(WATCH_PATH);
  });

  it('when the network or the page comes back, if the stream may be dead, and is live all the time', async () => {
    const [self, document] = [new EventTarget(), Object.assign(new EventTarget(), { visibilityState: 'visible' })];
    vi.stubGlobal('self', self);
    vi.stubGlobal('document', document);
    const { here } = await twoClients();
    const { replica, seen } = replicaOf(here);
    await untilState(replica, 'live');
    document.dispatchEvent(new Event('visibilitychange'));
    await here.tasks.create({ title: 'Made meanwhile' });
    await untilEqual(replica, here);
    expect(begun).toHaveLength(1);
    self.dispatchEvent(new Event('online'));
    await expect.poll(() => begun.length).toBe(2);
    await here.tasks.create({ title: 'Made after that' });
    await untilEqual(replica, here);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });
    document.visibilityState = 'hidden';
    document.dispatchEvent(new Event('visibilitychange'));
    document.visibilityState = 'visible';
    document.dispatchEvent(new Event('visibilitychange'));
    await expect.poll(() => begun.length).toBe(3);
    expect(new Set(seen.map(({ state }) => state))).toEqual(new Set(['live']));
  });
});
