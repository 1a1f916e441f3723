import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createTodoClient } from '../index.ts';
import { listen } from '../testing/client.ts';

const TRIES_MAX = 5;
const ANSWER = { open: 1, completed: 0 };

const cleanUp = new AsyncDisposableStack();
afterAll(() => cleanUp.disposeAsync());

/** A signed-in client of a server that refuses the first `times` calls. */
async function refused(times: number, status: number, data: object) {
  const error = { message: 'Refused.', data: { httpStatus: status, ...data } };
  const seenAt: number[] = [];
  const server = cleanUp.use(
    await listen(async (request) => {
      if (request.url.endsWith('/get-session')) return Response.json({ user: { id: 'ada' } });
      seenAt.push(performance.now());
      return seenAt.length > times ? Response.json({ result: { data: ANSWER } }) : Response.json({ error }, { status });
    }),
  );
  const waits = () => seenAt.slice(1).map((at, i) => at - (seenAt[i] ?? 0));
  return { todo: createTodoClient({ url: server.url, session: 'cookie' }), seenAt, waits };
}

const waiting = [
  ['RATE_LIMITED', 429],
  ['OVERLOADED', 503],
  ['DATABASE_UNAVAILABLE', 503],
] as const;

describe.each(waiting)('%s', (reason, status) => {
  it('is waited for as long as the server says, and longer by a spread', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.96);
    onTestFinished(() => void vi.restoreAllMocks());
    const { todo, waits } = await refused(2, status, { reason, retryAfterSeconds: 1 });
    expect(await todo.tasks.counts()).toEqual(ANSWER);
    expect(waits()).toHaveLength(2);
    // Timers may fire a millisecond early.
    for (const wait of waits()) expect(wait).toBeGreaterThanOrEqual(1_239);
  });

  it('is an error after a bounded number of tries', async () => {
    const { todo, seenAt } = await refused(100, status, { reason, retryAfterSeconds: 0 });
    await expect(todo.tasks.create({ title: 'Refused' })).rejects.toMatchObject({ reason, status, retryAfterSeconds: 0 });
    expect(seenAt).toHaveLength(TRIES_MAX);
  });

  it('is an error at once when the wait would exceed the time limit', async () => {
    const { todo, seenAt } = await refused(100, status, { reason, retryAfterSeconds: 20 });
    await expect(todo.tasks.create({ title: 'Refused' })).rejects.toMatchObject({ reason, retryAfterSeconds: 20 });
    expect(seenAt).toHaveLength(1);
  });
});

describe('never repeated', () => {
  it.each([
    ['DEADLINE_EXCEEDED', 504],
    ['USER_CHANGED', 412],
    ['STORAGE_FULL', 503],
    ['INTERNAL', 500],
    ['TOO_LARGE', 413],
  ])('is %s', async (reason, status) => {
    const { todo, seenAt } = await refused(100, status, { reason });
    await expect(todo.tasks.create({ title: 'Refused' })).rejects.toMatchObject({ reason, status });
    expect(seenAt).toHaveLength(1);
  });
});
