import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { BASE_URL, script, startTestApi, type TestApi, type TestOptions } from '@todo/api/testing';
import { expect, it } from 'vitest';
import { createTodoClient, type SessionStore } from '../index.ts';
import { fetchOfPage, listen } from '../testing/client.ts';

const [old, fresh] = [randomUUID().repeat(2), randomUUID().repeat(2)];
const stages: Pick<TestOptions, 'secret' | 'numberedSecrets'>[] = [
  { secret: old },
  {
    secret: old,
    numberedSecrets: [
      { version: 1, value: old },
      { version: 2, value: fresh },
    ],
  },
  {
    secret: old,
    numberedSecrets: [
      { version: 2, value: fresh },
      { version: 1, value: old },
    ],
  },
  { secret: fresh, numberedSecrets: [{ version: 2, value: fresh }] },
];

it('while the secret changes, instance by instance, under load, no call fails and nobody is signed out', async () => {
  await using stack = new AsyncDisposableStack();
  const first = stack.use(await startTestApi({ ...stages[0] }));
  const instances: TestApi[] = [first, stack.use(await startTestApi({ ...stages[0], appUrl: first.database.appUrl }))];
  let turn = 0;
  const server = stack.use(
    await listen(async (request) => {
      turn += 1;
      return instances[turn % 2]?.fetch(request.url, request) ?? Response.error();
    }),
  );

  const account = { name: 'Ada', email: `${randomUUID()}@example.com`, password: 'correct horse battery' };
  const kept: string[] = [];
  const store: SessionStore = { load: () => kept.at(-1) ?? null, save: (token) => void kept.push(token), clear: () => void kept.splice(0) };
  const page = createTodoClient({ url: server.url, session: 'cookie', fetch: fetchOfPage(BASE_URL) });
  await createTodoClient({ url: server.url, session: store }).signUp(account);
  await page.signIn(account);

  let calls = 0;
  let isOver = false;
  const failures: unknown[] = [];
  /** Each client is new, so it asks for a JWT. */
  const work = async () => {
    while (!isOver) {
      const app = createTodoClient({ url: server.url, session: store });
      const results = await Promise.allSettled([app.tasks.counts(), page.tasks.create({ title: `Task ${calls}` }), page.currentUser(), app.sessions.list()]);
      for (const result of results) if (result.status === 'rejected' || result.value === null) failures.push(result);
      calls += results.length;
    }
  };
  const load = [work(), work(), work()];
  const callsMore = async () => {
    const before = calls;
    await expect.poll(() => calls, { timeout: 60_000 }).toBeGreaterThan(before + 40);
  };
  for (const stage of stages.slice(1)) {
    if (stage.secret === fresh) {
      // By then, 31 days later, the signing key that the old secret has encrypted has expired. An instance reads the keys again once a second at most.
      await delay(1_500);
      await script(first.database.superuserUrl, 'update jwks set expires_at = now()');
      await callsMore();
    }
    for (const i of [0, 1]) {
      instances[i] = stack.use(await startTestApi({ ...stage, appUrl: first.database.appUrl }));
      await callsMore();
    }
  }
  isOver = true;
  await Promise.all(load);
  expect(failures).toEqual([]);
  expect(kept.length, 'the stored token was signed anew').toBeGreaterThan(1);
  expect(await page.currentUser()).toMatchObject({ email: account.email });
});
