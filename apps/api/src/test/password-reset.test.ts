import { inspect, script } from '@todo/db/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { json, listen, PASSWORD, type Person, startTestApi, type TestApi } from '../testing/api.ts';
import { type MailServer, startMailServer } from '../testing/mail-server.ts';

const NEW_PASSWORD = 'a new horse battery';

let mailServer: MailServer;
let api: TestApi;
let listening: Awaited<ReturnType<typeof listen>>;
let ada: Person;
beforeAll(async () => {
  mailServer = await startMailServer();
  api = await startTestApi({ mailUrl: mailServer.url });
  listening = await listen(api.handle, { host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await listening[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
  await mailServer[Symbol.asyncDispose]();
});
beforeEach(async () => {
  ada = await api.signUp();
  // The mail that asks to confirm the address.
  await expect.poll(() => mailServer.received.some(({ to, text }) => to.includes(ada.email) && text.includes('verify-email'))).toBe(true);
  mailServer.received.length = 0;
});
afterEach(() => {
  mailServer.received.length = 0;
  api.logged.length = 0;
});

const post = (path: string, body: unknown) => fetch(`http://127.0.0.1:${listening.port}/api/auth/${path}`, json(body));
const ask = (email: string) => post('request-password-reset', { email });
const reset = (token: string, newPassword = NEW_PASSWORD) => post('reset-password', { token, newPassword });
const signIn = async (password: string) => (await post('sign-in/email', { email: ada.email, password })).status;
const run = (text: string) => inspect(api.database.superuserUrl, text);
const codeOf = async (response: Response) => [response.status, Object(await response.json()).code];

const tokenIn = ({ text }: { text: string }) => /\/#\/reset-password\?token=(\w+)/.exec(text)?.[1] ?? '';
/** The mails with a link that have arrived; others tell of new passwords and devices. */
const links = () => mailServer.received.filter((mail) => tokenIn(mail) !== '');
async function nextMail() {
  await expect.poll(links).toHaveLength(1);
  const [mail] = links();
  mailServer.received.length = 0;
  return mail ?? { to: [], messageId: '', text: '' };
}
async function askForToken(): Promise<string> {
  expect((await ask(ada.email)).status).toBe(200);
  return tokenIn(await nextMail());
}

describe('the token of a mail', () => {
  it('sets a new password and ends all sessions; nobody is signed in by it', async () => {
    expect((await ask(ada.email.toUpperCase())).status).toBe(200);
    const mail = await nextMail();
    expect(mail.to).toEqual([ada.email]);
    const answer = await reset(tokenIn(mail));
    expect([answer.status, answer.headers.get('set-auth-token'), answer.headers.getSetCookie()]).toEqual([200, null, []]);
    expect([await signIn(PASSWORD), await signIn(NEW_PASSWORD)]).toEqual([401, 200]);
    for (const headers of [ada.headers.cookie, ada.headers.bearer])
      expect((await fetch(`http://127.0.0.1:${listening.port}/trpc/tasks.counts`, { headers })).status).toBe(401);
  });

  it('works once, also when it is used twice at a time', async () => {
    const token = await askForToken();
    const answers = await Promise.all([reset(token), reset(token), reset(token)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400]);
    expect(await codeOf(await reset(token, PASSWORD))).toEqual([400, 'INVALID_TOKEN']);
    expect(await signIn(NEW_PASSWORD)).toBe(200);
  });

  it.each(['a reset with another token', 'a change of the password'])('ends with %s', async (way) => {
    const token = await askForToken();
    if (way === 'a change of the password') {
      const change = { currentPassword: PASSWORD, newPassword: 'changed horse battery' };
      expect(
        (await ada.fetch('/api/auth/change-password', { ...json(change), headers: { ...json('').headers, origin: 'http://localhost:3000' } })).status,
      ).toBe(200);
    } else expect((await reset(await askForToken())).status).toBe(200);
    expect(await codeOf(await reset(token))).toEqual([400, 'INVALID_TOKEN']);
  });

  it('ends after an hour', async () => {
    const token = await askForToken();
    const [row] = await run(`select round(extract(epoch from expires_at - now()) / 60)::int as minutes from verification where value = '${ada.userId}'`);
    expect(row?.minutes).toBe(60);
    await run(`update verification set expires_at = now() - interval '1 second'`);
    expect(await codeOf(await reset(token))).toEqual([400, 'INVALID_TOKEN']);
  });

  it('is kept with a password that is refused', async () => {
    const token = await askForToken();
    expect(await codeOf(await reset(token, 'short'))).toEqual([400, 'PASSWORD_TOO_SHORT']);
    expect((await reset(token)).status).toBe(200);
  });

  it('is nowhere in the database, and what is there is no token', async () => {
    mailServer.behaviour = 'busy';
    await ask(ada.email);
    const token = tokenIn(await nextMail());
    const rows = async () => JSON.stringify([await run('select * from mails'), await run('select * from verification')]);
    await expect.poll(() => run('select from mails where begun_at is null')).toHaveLength(1);
    const stored = await rows();
    for (const secret of [token, ada.email]) expect(stored).not.toContain(secret);
    for (const { identifier } of await run('select identifier from verification')) {
      expect(await codeOf(await reset(String(identifier)))).toEqual([400, 'INVALID_TOKEN']);
    }
    mailServer.behaviour = 'take';
    await run('update mails set next_attempt_at = now()');
    await nextMail();
    await expect.poll(() => run('select from mails')).toEqual([]);
  });
});

describe('an address that nobody has', () => {
  const seen = async (response: Response) => {
    const { date: _, 'x-request-id': __, ...headers } = Object.fromEntries(response.headers);
    return [response.status, headers, await response.text()];
  };

  it('gets the same answer, and no mail', async () => {
    const unknown = await ask('nobody@example.com');
    const known = await ask(ada.email);
    expect(await seen(unknown)).toEqual(await seen(known));
    expect((await nextMail()).to).toEqual([ada.email]);
    expect(links()).toEqual([]);
  });

  it('gets its answer before anybody looks for an account', async () => {
    const locking = script(api.database.superuserUrl, 'begin; lock table "user", verification, mails; select pg_sleep(600)').catch(() => 'ended');
    const sleeper = `from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`;
    await expect.poll(() => run(`select ${sleeper}`)).toHaveLength(1);
    for (const email of ['nobody@example.com', ada.email]) expect((await ask(email)).status).toBe(200);
    await run(`select pg_terminate_backend(pid) ${sleeper}`);
    await locking;
    expect((await nextMail()).to).toEqual([ada.email]);
  });

  it('is counted like one that somebody has, five times in an hour', async () => {
    await using limited = await startTestApi({ mailUrl: mailServer.url, signInsPerMinute: 20 });
    const person = await limited.signUp();
    for (const email of [person.email, 'nobody@example.com']) {
      const statuses = [];
      for (let i = 0; i < 6; i += 1) statuses.push((await limited.fetch('/api/auth/request-password-reset', json({ email }))).status);
      expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
    }
    await expect.poll(links).toHaveLength(5);
  });
});

it.each([{}, { email: 5 }, { email: 'ada' }, { email: 'a\0da@example.com' }, { email: 'ada@example.com', redirectTo: 'https://evil.example' }, [], null])(
  'a request %j is refused, and names no other place',
  async (body) => {
    const answer = await post('request-password-reset', body);
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: { data: { reason: 'INVALID_INPUT' } } }]);
  },
);

it.each([{ newPassword: NEW_PASSWORD }, { token: 5, newPassword: NEW_PASSWORD }, { token: 'a\0b', newPassword: NEW_PASSWORD }, { token: 'x' }])(
  'a reset %j is refused',
  async (body) => {
    expect((await post('reset-password', body)).status).toBe(400);
    expect(api.logged).toEqual([]);
  },
);

it('without a mail server the request says so, the same for everybody', async () => {
  await using silent = await startTestApi();
  const { email } = await silent.signUp();
  for (const asked of [email, 'nobody@example.com']) {
    expect(await codeOf(await silent.fetch('/api/auth/request-password-reset', json({ email: asked })))).toEqual([400, 'RESET_PASSWORD_DISABLED']);
  }
});
