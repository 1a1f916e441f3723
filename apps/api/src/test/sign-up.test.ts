import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { json, PASSWORD, startTestApi, type TestApi } from '../testing/api.ts';
import { invite } from '../testing/invite.ts';
import { startMailServer } from '../testing/mail-server.ts';

const signUp = (api: TestApi, body: object) => api.fetch('/api/auth/sign-up/email', json({ name: 'Ada', password: PASSWORD, ...body }));
const ways = async (api: TestApi) => (await api.fetch('/api/auth/ways')).json();

it('anybody learns what the server offers to people without a session', async () => {
  await using mailServer = await startMailServer();
  await using api = await startTestApi({ mailUrl: mailServer.url });
  expect(await ways(api)).toEqual({ ways: { signUp: 'open', mail: true, providers: [], links: false, passkeys: true } });
  const secretly = { issuer: 'https://issuer.example', clientId: 'todo', clientSecret: 'x' };
  await using closed = await startTestApi({ signUp: 'closed', providers: [{ id: 'work', name: 'Work', ...secretly }] });
  expect(await ways(closed)).toEqual({ ways: { signUp: 'closed', mail: false, providers: [{ id: 'work', name: 'Work' }], links: false, passkeys: true } });
});

it('where nobody may create an account, a sign-up is refused, the same for an address that somebody has', async () => {
  await using api = await startTestApi();
  const ada = await api.signUp();
  await using closed = await startTestApi({ appUrl: api.database.appUrl, secret: api.secret, signUp: 'closed' });
  for (const body of [{ email: ada.email }, { email: 'nobody@example.com' }, { email: 'no address' }, { email: 'x@example.com', invitation: 'x' }]) {
    const answer = await signUp(closed, body);
    expect([answer.status, await answer.json(), answer.headers.getSetCookie()]).toEqual([403, { code: 'SIGN_UP_CLOSED', message: expect.any(String) }, []]);
  }
  expect(await inspect(api.database.superuserUrl, 'select count(*)::int from "user"')).toEqual([{ count: 1 }]);
  expect((await closed.fetch('/api/auth/sign-in/email', json({ email: ada.email, password: PASSWORD }))).status).toBe(200);
  expect(closed.logged).toEqual([]);
});

describe('where an invitation is needed,', () => {
  let api: TestApi;
  let open: TestApi;
  beforeAll(async () => {
    open = await startTestApi();
    api = await startTestApi({ appUrl: open.database.appUrl, signUp: 'invitation' });
  });
  afterAll(async () => {
    await api[Symbol.asyncDispose]();
    await open[Symbol.asyncDispose]();
  });
  const run = (text: string) => inspect(open.database.superuserUrl, text);
  const seen = async (answer: Response) => [answer.status, Object(await answer.json()).code, answer.headers.getSetCookie()];
  const pending = (email: string) => run(`select from verification where value like '%${email}'`);
  const userOf = (email: string) => run(`select email_verified from "user" where email = '${email}'`);

  it.each([['mail', true] as const, ['hand', false] as const])(
    'one that came by %s creates one account, whose address it has verified: %s',
    async (way, verified) => {
      const email = `by-${way}@example.com`;
      const [invitation] = [await invite(open, email, way), await invite(open, email, way === 'mail' ? 'hand' : 'mail')];
      const answer = await signUp(api, { email: email.toUpperCase(), invitation });
      expect([answer.status, answer.headers.has('set-auth-token')]).toEqual([200, true]);
      expect(await userOf(email)).toEqual([{ email_verified: verified }]);
      // Its second token ends too.
      expect(await pending(email)).toEqual([]);
      await run(`delete from "user" where email = '${email}'`);
      expect(await seen(await signUp(api, { email, invitation }))).toEqual([400, 'INVITATION_INVALID', []]);
    },
  );

  it('it is used once when several come at a time', async () => {
    const email = 'race@example.com';
    const invitation = await invite(open, email);
    const answers = await Promise.all([1, 2, 3, 4].map(() => signUp(api, { email, invitation })));
    expect(answers.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(1);
    expect(await userOf(email)).toHaveLength(1);
  });

  it('without one, with a wrong one, one of another address or an old one the answer is the same for an address that somebody has', async () => {
    const ada = await open.signUp();
    const token = await invite(open, 'invited@example.com');
    const old = await invite(open, 'old@example.com');
    await run(`update verification set expires_at = now() - interval '1 second' where value = 'invitation:old@example.com'`);
    for (const email of [ada.email, 'nobody@example.com', 'old@example.com']) {
      expect(await seen(await signUp(api, { email }))).toEqual([403, 'SIGN_UP_CLOSED', []]);
      for (const invitation of ['x', token, old]) expect(await seen(await signUp(api, { email, invitation }))).toEqual([400, 'INVITATION_INVALID', []]);
    }
    expect(await pending('invited@example.com')).toHaveLength(1);
    for (const invitation of [5, null, 'a\0b', 'x'.repeat(101)]) expect((await signUp(api, { email: 'nobody@example.com', invitation })).status).toBe(400);
    expect(api.logged).toEqual([]);
  });

  it('it is kept by a sign-up that is refused for its password', async () => {
    const email = 'careless@example.com';
    const invitation = await invite(open, email);
    expect((await signUp(api, { email, invitation, password: 'short' })).status).toBe(400);
    expect((await signUp(api, { email, invitation })).status).toBe(200);
  });

  it('what is stored is no token', async () => {
    await invite(open, 'stored@example.com');
    for (const { identifier } of await run('select identifier from verification'))
      expect((await signUp(api, { email: 'stored@example.com', invitation: String(identifier) })).status).toBe(400);
  });

  it('wrong ones are counted as sign-ups are', async () => {
    await using limited = await startTestApi({ appUrl: open.database.appUrl, signUp: 'invitation', signInsPerMinute: 3 });
    const statuses = [];
    for (let i = 0; i < 4; i += 1) statuses.push((await signUp(limited, { email: 'nobody@example.com', invitation: 'x' })).status);
    expect(statuses).toEqual([400, 400, 400, 429]);
  });
});
