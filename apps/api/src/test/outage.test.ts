import { createTestDatabase, openLink } from '@todo/db/testing';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { credentialKinds, json, PASSWORD, type Person, startTestApi } from '../testing/api.ts';
import { call } from '../testing/procedures.ts';

const SECRET = 'Kryptonite';
const failure = z.strictObject({
  error: z.strictObject({
    message: z.string(),
    code: z.number(),
    data: z.strictObject({
      code: z.string(),
      httpStatus: z.number(),
      reason: z.string(),
      path: z.string().optional(),
      fields: z.record(z.string(), z.array(z.string())).optional(),
      retryAfterSeconds: z.int().min(1).optional(),
      seq: z.int().optional(),
    }),
  }),
});

const internals =
  /select |insert |update |delete from|\$\d|tasks_|user_id|todo_user|node_modules|\.ts\b|\.js\b|\bat \w+ \(|postgres|127\.0\.0\.1|SQL|relation|column|constraint/i;

/** No details of the server, data of other users or values of this request. */
function expectNoLeak(text: string, { userId, email }: Person): void {
  expect(text).not.toMatch(internals);
  for (const value of [userId, email, SECRET]) expect(text).not.toContain(value);
}

it('a database outage is reported, whatever the credential, and the server recovers by itself', async () => {
  await using database = await createTestDatabase();
  await using link = await openLink(database.appUrl);
  await using api = await startTestApi({ appUrl: link.url });
  const person = await api.signUp();
  const calls = credentialKinds.flatMap((kind) => ['tasks.list', 'tasks.counts'].map((path) => () => call(api, path, undefined, person.headers[kind])));
  const signIn = () => api.fetch('/api/auth/sign-in/email', json({ email: person.email, password: PASSWORD }));
  const statuses = async () => (await Promise.all([...calls, signIn].map((send) => send()))).map(({ status }) => status);

  expect(await statuses()).toEqual([...calls, signIn].map(() => 200));
  await link.cut();
  for (const response of await Promise.all([...calls, signIn].map((send) => send()))) {
    const text = await response.text();
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect(failure.parse(JSON.parse(text)).error.data).toMatchObject({ reason: 'DATABASE_UNAVAILABLE', retryAfterSeconds: 1 });
    expectNoLeak(text, person);
  }
  await link.mend();
  await expect.poll(statuses, { timeout: 30_000 }).toEqual([...calls, signIn].map(() => 200));
  expect(api.logged).toEqual([]);
});
