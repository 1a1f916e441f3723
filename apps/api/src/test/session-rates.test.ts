import { createHmac, randomUUID } from 'node:crypto';
import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ signInsPerMinute: 20, clientAddress: () => '192.0.2.1' });
});
afterAll(() => api[Symbol.asyncDispose]());

const run = (text: string) => inspect(api.database.superuserUrl, text);
const statuses = async (answers: Promise<Response>[]) => (await Promise.all(answers)).map(({ status }) => status);
const times = (count: number) => Array.from({ length: count }, (_, i) => i);

it('an office of 500 signed-in users behind one address notices nothing', async () => {
  const person = await api.signUp();
  const tokens = times(500).map(() => randomUUID());
  await run(`insert into session (id, user_id, token, expires_at, created_at, updated_at)
    select gen_random_uuid(), '${person.userId}', token, now() + interval '30 days', now(), now() from unnest(array['${tokens.join("','")}']) token`);
  for (const token of tokens) {
    const signed = `${token}.${createHmac('sha256', api.secret).update(token).digest('base64')}`;
    const headers = { authorization: `Bearer ${signed}` };
    expect(await statuses(['get-session', 'token'].map((path) => api.fetch(`/api/auth/${path}`, { headers })))).toEqual([200, 200]);
  }
});

it('the calls of one session are counted for that session, and credentials that nobody issued make no rows', async () => {
  const [person, other] = [await api.signUp(), await api.signUp()];
  const ask = (headers: Record<string, string>) => api.fetch('/api/auth/get-session', { headers });
  await run('delete from rate_limit');
  await ask(person.headers.bearer);
  await run('update rate_limit set count = 300');
  expect((await ask(person.headers.bearer)).status).toBe(429);
  expect((await ask(other.headers.bearer)).status).toBe(200);
  const rows = () => run('select count(*)::int from rate_limit');
  await ask({ authorization: 'Bearer a.b' });
  const before = await rows();
  for (const i of times(20)) await ask({ authorization: `Bearer forged-${i}.c2lnbmF0dXJl`, cookie: `better-auth.session_token=forged-${i}.c2lnbmF0dXJl` });
  expect(await rows()).toEqual(before);
});
