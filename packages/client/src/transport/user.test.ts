import { randomUUID } from 'node:crypto';
import { BASE_URL, startTestApi } from '@todo/api/testing';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TodoClient } from '../index.ts';
import { listen } from '../testing/client.ts';
import { changed, openTabs, told } from '../testing/tabs.ts';

const WHO_PATH = '/api/auth/get-session';
const IMPORT_PATH = '/trpc/tasks.import';

const cleanUp = new AsyncDisposableStack();
afterAll(() => cleanUp.disposeAsync());
const api = cleanUp.use(await startTestApi());
const server = cleanUp.use(await listen((request) => api.fetch(request.url, request)));
beforeEach(() => server.asked.splice(0));
afterEach(() => vi.unstubAllGlobals());

const askedFor = (path: string) => server.asked.filter((one) => one === path).length;
const titlesOf = async ({ tasks }: TodoClient) => (await tasks.list({ limit: 200 })).items.map(({ title }) => title);

const manyTasks = (count: number) => Array.from({ length: count }, (_, i) => ({ id: randomUUID(), title: `Task ${i}` }));

describe.each(['cookie', 'store'] as const)('when another tab has signed in somebody else, by %s,', (kind) => {
  it('a call is in the list of whom it was begun for, or in none', async () => {
    const { here, there, ada, ben, elsewhere } = await openTabs(server, BASE_URL, kind);
    const { fail } = server.hold('/trpc/tasks.create');
    const creating = here.tasks.create({ title: 'Begun' }).catch((error: unknown) => error);
    await expect.poll(() => askedFor('/trpc/tasks.create')).toBe(1);
    await there.signIn(ben);
    fail();
    const began = await creating;
    await expect(here.tasks.create({ title: 'After that' })).rejects.toMatchObject(changed);
    expect(await titlesOf(there)).toEqual([]);
    // A token is kept by the call that began with it; a cookie is gone.
    if (kind === 'cookie') expect(began).toMatchObject(changed);
    expect(await titlesOf(await elsewhere(ada))).toEqual(kind === 'cookie' ? [] : ['Begun']);
    expect(askedFor('/trpc/tasks.create')).toBe(kind === 'cookie' ? 3 : 2);
  });

  it('every way to call is refused until the application has been told who it is', async () => {
    const { here, there, ben, benId } = await openTabs(server, BASE_URL, kind);
    const ids = told(here);
    await there.signIn(ben);
    await there.tasks.create({ title: 'Of Ben' });
    const calls = [here.tasks.list(), here.tasks.create({ title: 'Of Ada' }), here.importTasks(manyTasks(1)), here.exportAccount()];
    for (const outcome of await Promise.allSettled(calls)) expect(outcome).toMatchObject({ status: 'rejected', reason: changed });
    expect(await titlesOf(there)).toEqual(['Of Ben']);
    await expect.poll(() => ids).toEqual([benId]);
    expect(await here.currentUser()).toMatchObject({ id: benId });
    await here.tasks.create({ title: 'Of Ben, too' });
    expect(await titlesOf(there)).toEqual(['Of Ben, too', 'Of Ben']);
  });

  it('it is neither signed out nor deleted by this one', async () => {
    const { here, there, ada, ben } = await openTabs(server, BASE_URL, kind);
    await there.signIn(ben);
    await expect(here.deleteAccount(ben)).rejects.toMatchObject(changed);
    await expect(here.signOut()).rejects.toMatchObject(changed);
    expect(await there.tasks.counts()).toEqual({ open: 0, completed: 0 });
    await expect(here.tasks.counts()).rejects.toMatchObject({ reason: 'UNAUTHENTICATED' });
    await here.signIn(ada);
    await expect(there.tasks.counts()).rejects.toMatchObject(changed);
  });

  it('and the first one signs in again, both tabs are right', async () => {
    const { here, there, ada, ben, adaId } = await openTabs(server, BASE_URL, kind);
    await there.signIn(ben);
    const ids = told(there);
    await here.signIn(ada);
    await here.tasks.create({ title: 'Of Ada' });
    await expect(there.tasks.create({ title: 'Of Ben' })).rejects.toMatchObject(changed);
    expect(await titlesOf(here)).toEqual(['Of Ada']);
    await expect.poll(() => ids).toEqual([adaId]);
  });

  it('an import of many parts stops at the first that is refused', async () => {
    const { here, there, ada, ben, hook, elsewhere } = await openTabs(server, BASE_URL, kind);
    let parts = 0;
    hook.before = async (url) => {
      if (url.endsWith(IMPORT_PATH) && ++parts === 2) await there.signIn(ben);
    };
    const importing = here.importTasks(manyTasks(1200));
    if (kind === 'cookie') await expect(importing).rejects.toMatchObject(changed);
    else await importing;
    expect(await there.tasks.counts()).toEqual({ open: 0, completed: 0 });
    expect(await (await elsewhere(ada)).tasks.counts()).toEqual({ open: kind === 'cookie' ? 500 : 1200, completed: 0 });
    expect(askedFor(IMPORT_PATH)).toBe(kind === 'cookie' ? 2 : 3);
  });
});

describe('an import', () => {
  it.each(['cookie', 'store'] as const)('goes on for nobody else when its own client signs in somebody else, by %s', async (kind) => {
    const { here, ben, hook } = await openTabs(server, BASE_URL, kind);
    let parts = 0;
    hook.before = async (url) => {
      if (url.endsWith(IMPORT_PATH) && ++parts === 2) await here.signIn(ben);
    };
    await here.importTasks(manyTasks(1200)).catch((error: unknown) => expect(error).toMatchObject(changed));
    expect(await here.tasks.counts()).toEqual({ open: 0, completed: 0 });
  });
});

describe('a tab that is opened', () => {
  it('asks once who is signed in, however many calls begin, and names this user in each', async () => {
    const { open, sent, adaId } = await openTabs(server, BASE_URL, 'cookie');
    const tab = open();
    await Promise.all([...Array.from({ length: 20 }, () => tab.tasks.counts()), tab.exportAccount()]);
    expect(askedFor(WHO_PATH)).toBe(1);
    const named = sent.filter(({ url }) => /\/trpc|\/export/.test(url)).map(({ headers }) => headers.get('x-todo-user'));
    expect([named.length, new Set(named)]).toEqual([21, new Set([adaId])]);
  });

  it('repeats no call for another user than it found at the first try', async () => {
    const { open, there, ben } = await openTabs(server, BASE_URL, 'cookie');
    const tab = open();
    const { fail } = server.hold('/trpc/tasks.create');
    const creating = expect(tab.tasks.create({ title: 'Of Ada' })).rejects.toMatchObject(changed);
    await expect.poll(() => askedFor('/trpc/tasks.create')).toBe(1);
    await there.signIn(ben);
    fail();
    await creating;
    expect(await titlesOf(there)).toEqual([]);
  });

  it('makes no call for somebody who signs in while it believes that nobody is', async () => {
    const { here, there, ben } = await openTabs(server, BASE_URL, 'cookie');
    await here.signOut();
    await there.signIn(ben);
    await expect(here.tasks.create({ title: 'Of nobody' })).rejects.toMatchObject({ reason: 'UNAUTHENTICATED' });
    expect(await titlesOf(there)).toEqual([]);
  });
});
