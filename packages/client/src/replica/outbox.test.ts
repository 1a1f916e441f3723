import { setTimeout } from 'node:timers/promises';
import { startTestApi } from '@todo/api/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { createTodoClient } from '../index.ts';
import type { Notice } from '../replica.ts';
import { type Loopback, listen } from '../testing/client.ts';
import { everything, newcomer, replicaOf, shown, startScene, untilEqual, untilState, watching } from '../testing/replica.ts';
import { testStorage } from '../testing/storage.ts';

const api = await startTestApi({ watching });
const { server, other, twoClients } = await startScene(api);
const EDIT_PATH = '/trpc/tasks.edit';

const cleanUp = new AsyncDisposableStack();
afterAll(() => cleanUp.disposeAsync());

/** The bodies of all edits that reach a server, which answers them itself as long as `answer` returns a response. */
async function inFront(answer: (edits: number) => Response | undefined): Promise<Loopback & { sent: { mutationId: string; title: string }[] }> {
  const sent: { mutationId: string; title: string }[] = [];
  const front = await listen(async (request) => {
    if (new URL(request.url).pathname !== EDIT_PATH) return api.fetch(request.url, request);
    const { mutationId, title }: { mutationId: string; title: string } = JSON.parse(await request.clone().text());
    sent.push({ mutationId, title });
    return answer(sent.length) ?? api.fetch(request.url, request);
  });
  return Object.assign(cleanUp.use(front), { sent });
}

const refusal = (reason: string, httpStatus: number, retryAfterSeconds?: number) =>
  Response.json({ error: { message: 'Refused.', data: { reason, httpStatus, retryAfterSeconds } } }, { status: httpStatus });

/** A replica with one task at such a server. */
async function behind(answer: (edits: number) => Response | undefined) {
  const front = await inFront(answer);
  const todo = createTodoClient({ url: front.url });
  await todo.signUp(newcomer());
  const { id } = await todo.tasks.create({ title: 'Buy milk' });
  const { replica } = replicaOf(todo);
  const notices: Notice[] = [];
  replica.onNotice((notice) => notices.push(notice));
  await untilState(replica, 'live');
  const edit = (title: string) => replica.mutate.tasks.edit({ id, title });
  return { front, todo, replica, notices, edit };
}

describe('the outbox', () => {
  it.each([
    ['RATE_LIMITED', () => refusal('RATE_LIMITED', 429, 0.01)],
    ['OVERLOADED', () => refusal('OVERLOADED', 503, 0.01)],
    ['STORAGE_FULL', () => refusal('STORAGE_FULL', 503, 0.01)],
    ['no answer', () => new Response('<h1>Bad gateway</h1>', { status: 502 })],
  ])('waits through %s, however often, and sends the same calls in their order', async (_, answer) => {
    const { front, replica, todo, notices, edit } = await behind((edits) => (edits <= 8 ? answer() : undefined));
    const changes = [edit('Buy oat milk'), edit('Buy soy milk')];
    await Promise.all(changes.map(({ done }) => done));
    await untilEqual(replica, todo);
    expect(new Set(front.sent.map(({ mutationId, title }) => `${mutationId} ${title}`))).toEqual(
      new Set([`${changes[0]?.mutationId} Buy oat milk`, `${changes[1]?.mutationId} Buy soy milk`]),
    );
    expect(front.sent.map(({ title }) => title)).toEqual([...Array.from({ length: 9 }, () => 'Buy oat milk'), 'Buy soy milk']);
    expect(notices).toEqual([]);
  });

  it('gives up on a change that fails by an error of the server again and again, and goes on with the next one', async () => {
    const { front, replica, todo, notices, edit } = await behind((edits) => (edits <= 5 ? refusal('INTERNAL', 500) : undefined));
    const [wrong, right] = [edit('Buy oat milk'), edit('Buy soy milk')];
    await expect(wrong.done).rejects.toMatchObject({ reason: 'INTERNAL' });
    await right.done;
    await untilEqual(replica, todo);
    expect(front.sent.map(({ title }) => title)).toEqual([...Array.from({ length: 5 }, () => 'Buy oat milk'), 'Buy soy milk']);
    expect(notices).toMatchObject([{ kind: 'refused', mutationId: wrong.mutationId }]);
  });

  it('does not give up sooner because the server could not be reached before', async () => {
    const { notices, edit } = await behind((edits) => (edits <= 25 ? refusal('RATE_LIMITED', 429, 0.01) : edits === 26 ? refusal('INTERNAL', 500) : undefined));
    expect(await edit('Buy oat milk').done).toMatchObject({ title: 'Buy oat milk' });
    expect(notices).toEqual([]);
  });

  it('does not give up sooner because more changes are made', async () => {
    let isBroken = true;
    const { notices, edit } = await behind(() => (isBroken ? refusal('INTERNAL', 500) : undefined));
    const changes = [];
    for (let i = 0; i < 10; i += 1) {
      changes.push(edit(`Buy ${i}`));
      await setTimeout(10);
    }
    isBroken = false;
    await Promise.all(changes.map(({ done }) => done));
    expect(notices).toEqual([]);
  });

  it('takes ALREADY_APPLIED for done', async () => {
    const { replica, notices, edit } = await behind((edits) => (edits === 1 ? refusal('ALREADY_APPLIED', 409) : undefined));
    await expect(edit('Buy oat milk').done).rejects.toMatchObject({ reason: 'ALREADY_APPLIED' });
    await edit('Buy soy milk').done;
    expect([replica.pending, notices]).toEqual([[], []]);
  });

  it('survives a restart, and a call whose answer was lost is not applied again', async () => {
    const { here, there } = await twoClients();
    const storage = testStorage();
    const first = replicaOf(here, { storage }).replica;
    await untilState(first, 'live');
    server.lose('/trpc/tasks.create', 1);
    const made = first.mutate.tasks.create({ title: 'Buy milk' });
    first.mutate.tasks.edit({ id: made.id ?? '', title: 'Buy oat milk' });
    await expect.poll(() => server.lost.length).toBeGreaterThan(0);
    server.cut();
    first.close();
    const again = replicaOf(here, { storage }).replica;
    await expect.poll(() => shown(again)).toMatchObject([{ id: made.id, title: 'Buy oat milk' }]);
    expect(again.pending).toHaveLength(2);
    server.mend();
    await expect.poll(() => again.pending).toEqual([]);
    await untilEqual(again, there);
    expect(await everything(there)).toMatchObject([{ id: made.id, title: 'Buy oat milk', version: 2 }]);
  });

  it('keeps the changes of a user who is signed out elsewhere, and sends them with that user’s login alone', async () => {
    const [ada, ben] = [newcomer(), newcomer('Ben')];
    const [hers, his] = [await twoClients(ada), await twoClients(ben)];
    const { id } = await hers.there.tasks.create({ title: 'Of Ada' });
    const storage = testStorage();
    const todo = createTodoClient({ url: server.url });
    await todo.signIn(ada);
    const { replica } = replicaOf(todo, { storage });
    await untilEqual(replica, hers.there);
    server.cut();
    const change = replica.mutate.tasks.edit({ id, title: 'Edited offline' });
    await change.queued;
    const others = createTodoClient({ url: other.url });
    await others.signIn(ben);
    replica.close();
    server.mend();
    const next = createTodoClient({ url: server.url });
    await next.signIn(ben);
    const { replica: shared } = replicaOf(next, { storage });
    await untilEqual(shared, his.there);
    expect([shared.pending, (await hers.there.tasks.get({ id })).title]).toEqual([[], 'Of Ada']);
    await next.signIn(ada);
    await expect.poll(async () => (await hers.there.tasks.get({ id })).title).toBe('Edited offline');
    await untilEqual(shared, hers.there);
    expect(await everything(his.there)).toEqual([]);
  });

  it('is bounded, and says what to do', async () => {
    const { here } = await twoClients();
    const { id } = await here.tasks.create({ title: 'Buy milk' });
    const { replica } = replicaOf(here);
    await untilState(replica, 'live');
    server.cut();
    await untilState(replica, 'offline');
    for (let i = 0; i < 10_000; i += 1) replica.mutate.tasks.edit({ id, title: `Buy milk ${i}` });
    expect(() => replica.mutate.tasks.remove({ id })).toThrow(expect.objectContaining({ name: 'TodoError', reason: 'OUTBOX_FULL' }));
    expect(shown(replica)).toMatchObject([{ title: 'Buy milk 9999' }]);
    replica.close();
    server.mend();
  });
});
