import { createTestDatabase, inspect, openLink } from '@todo/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BASE_URL, json, PASSWORD, type Person, startTestApi, type TestApi } from '../testing/api.ts';
import { exported, openExport, withTasks } from '../testing/export.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

describe('an export that cannot be complete', () => {
  const cut = async (person: Person, act: () => Promise<unknown>) => {
    const { next, rest } = await openExport(api, person);
    await next();
    await act();
    await expect(rest()).rejects.toThrow('The export failed before it was complete.');
  };

  it('fails when the account is deleted during the export', async () => {
    const ada = await withTasks(api, 450);
    await cut(ada, () => ada.fetch('/api/auth/delete-user', { ...json({ password: PASSWORD }), headers: { ...json('').headers, origin: BASE_URL } }));
  });

  it('fails when the log is trimmed during the export', async () => {
    const ada = await withTasks(api, 450);
    await ada.client.jwt.history.rewind.mutate({ to: 440 });
    await cut(ada, () => api.database.trimLog(ada.userId));
  });

  it('does not show the error that ended it, and logs it', async () => {
    await using broken = await startTestApi();
    const ada = await broken.signUp();
    await broken.fetch('/trpc/tasks.create', { ...json({ title: 'Secret' }), headers: { ...json('').headers, ...ada.headers.jwt } });
    const { next, rest } = await openExport(broken, ada);
    await next();
    await inspect(broken.database.superuserUrl, 'alter table events rename to elsewhere');
    await expect(rest()).rejects.toThrow(/^The export failed before it was complete\.$/);
    expect(broken.logged).toEqual([expect.stringContaining('42P01')]);
  });
});

it('reads no page before its reader has taken the last one, each by one statement', async () => {
  await using database = await createTestDatabase();
  await using link = await openLink(database.appUrl);
  await using instance = await startTestApi({ appUrl: link.url });
  const ada = await instance.signUp();
  await inspect(
    database.superuserUrl,
    `insert into tasks (user_id, id, title) select '${ada.userId}', gen_random_uuid(), 'Task ' || n from generate_series(1, 3000) n`,
  );
  link.statements();
  const { next, rest } = await openExport(instance, ada);
  await next();
  await ada.client.jwt.tasks.counts.query();
  expect(link.statements().length).toBeLessThanOrEqual(6);
  const text = await rest('{');
  expect(text.length).toBeGreaterThan(500_000);
  expect(link.statements().length).toBeLessThanOrEqual(2 * Math.ceil(3000 / 200) + 5);
});

describe('access to it', () => {
  it('needs a credential, and does not accept the cookie from a page of another origin', async () => {
    const ada = await api.signUp();
    for (const headers of [{}, { ...ada.headers.cookie, origin: 'https://elsewhere.example' }, { authorization: 'Bearer made-up' }]) {
      const response = await api.fetch('/export', { headers });
      expect([response.status, await response.json()]).toMatchObject([401, { error: { data: { reason: 'UNAUTHENTICATED' } } }]);
    }
  });

  it('is open to three readers of one user at once, and to others meanwhile', async () => {
    const [ada, ben] = [await withTasks(api, 450, 'Ada'), await withTasks(api, 1, 'Ben')];
    const readers = [await openExport(api, ada), await openExport(api, ada), await openExport(api, ada)];
    const refused = await ada.fetch('/export');
    expect([refused.status, refused.headers.get('retry-after'), await refused.json()]).toMatchObject([
      429,
      '30',
      { error: { data: { reason: 'RATE_LIMITED' } } },
    ]);
    expect(await exported(ben)).toMatchObject({ upto: 1 });
    await readers[0]?.cancel();
    expect(await exported(ada)).toMatchObject({ upto: 450 });
    await readers[1]?.rest();
    const more = await Promise.all([exported(ada), exported(ada)]);
    expect(more.map(({ upto }) => upto)).toEqual([450, 450]);
    await readers[2]?.cancel();
  });

  it('counts as a call of its user', async () => {
    await using instance = await startTestApi({ callsPerMinute: 2 });
    const ada = await instance.signUp();
    const statuses = [];
    for (let i = 0; i < 3; i += 1) statuses.push((await instance.fetch('/export', { headers: ada.headers.jwt })).status);
    expect(statuses).toEqual([200, 200, 429]);
  });

  it('is not used up by HEAD requests', async () => {
    const ada = await withTasks(api, 1);
    for (let i = 0; i < 5; i += 1) expect((await ada.fetch('/export', { method: 'HEAD' })).status).toBe(200);
    expect(await exported(ada)).toMatchObject({ upto: 1 });
  });
});
