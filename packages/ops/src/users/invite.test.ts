import { startMailServer } from '@todo/api/testing';
import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PASSWORD, startInstallation } from '../testing/installation.ts';

let the: Awaited<ReturnType<typeof startInstallation>>;
beforeAll(async () => {
  the = await startInstallation();
});
afterAll(() => the[Symbol.asyncDispose]());

const tokenIn = (text: string) => /#\/invitation\?token=([\w-]+)&email=/.exec(text)?.[1] ?? '';
const signUp = (email: string, invitation: string) => the.call('/api/auth/sign-up/email', undefined, { name: 'Ada', email, password: PASSWORD, invitation });
const verified = (email: string) => inspect(the.own.superuserUrl, `select email_verified from "user" where email = '${email}'`);

it('invite prints a link for one address, which works for a week; another one ends it', async () => {
  const before = tokenIn(await the.users(['invite', 'Ada@example.com']));
  const printed = await the.users(['invite', 'ada@example.com']);
  expect(printed).toMatch(
    /^A link .*: http:\/\/localhost:3000\/#\/invitation\?token=[\w-]{32}&email=ada%40example\.com\nada@example\.com is invited, .* 7 days\.\n$/,
  );
  const days = 'select round(extract(epoch from expires_at - now()) / 86400)::int as days from verification';
  expect(await inspect(the.own.superuserUrl, days)).toEqual([{ days: 7 }]);
  expect((await signUp('ada@example.com', before)).status).toBe(400);
  expect((await signUp('ada@example.com', tokenIn(printed))).status).toBe(200);
  expect(await verified('ada@example.com')).toEqual([{ email_verified: false }]);
  await expect(the.users(['invite', 'ada@example.com'])).rejects.toThrow('Somebody has an account with this address.');
  await expect(the.users(['invite', 'ada'])).rejects.toThrow('This is not an e-mail address.');
});

it('with a mail server a mail goes to the address, with a token of its own that verifies it', async () => {
  await using mailServer = await startMailServer();
  const settings = { MAIL_URL: mailServer.url, MAIL_FROM: 'todo@example.com', PUBLIC_URL: 'https://todo.example.com' };
  const printed = await the.todo(['users', 'invite', 'ben@example.com'], settings);
  expect(printed).toContain('; a mail says so.');
  const [mail] = mailServer.received;
  expect(mail?.to).toEqual(['ben@example.com']);
  const mailed = tokenIn(mail?.text ?? '');
  expect(mail?.text).toContain('https://todo.example.com/#/invitation?');
  expect(printed).not.toContain(mailed);
  expect((await signUp('ben@example.com', mailed)).status).toBe(200);
  expect(await verified('ben@example.com')).toEqual([{ email_verified: true }]);
  expect((await signUp('ben@example.com', tokenIn(printed))).status).toBe(400);
  mailServer.behaviour = 'refuse';
  expect(await the.todo(['users', 'invite', 'cleo@example.com'], settings)).toContain('The mail was not sent, or may be lost: EMESSAGE 550.');
});

it('nobody is invited where nobody can create an account', async () => {
  const refused = await the.todo(['users', 'invite', 'dan@example.com'], { SIGN_UP: 'closed' }).catch((error) => error);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('SIGN_UP is closed') });
});
