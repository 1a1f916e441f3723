import { invite, startMailServer, startTestApi } from '@todo/api/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTodoClient } from '../index.ts';
import { listen } from '../testing/client.ts';

const cleanUp = new AsyncDisposableStack();
let mailServer: Awaited<ReturnType<typeof startMailServer>>;
beforeAll(async () => {
  mailServer = cleanUp.use(await startMailServer());
});
afterAll(() => cleanUp.disposeAsync());

async function startClients(options: Parameters<typeof startTestApi>[0]) {
  const api = cleanUp.use(await startTestApi(options));
  const { url } = cleanUp.use(await listen((request) => api.fetch(request.url, request)));
  return () => createTodoClient({ url });
}

it('a person who has forgotten the password sets a new one with the link of a mail', async () => {
  const newClient = await startClients({ mailUrl: mailServer.url });
  const ada = { name: 'Ada', email: 'ada@example.com', password: 'correct horse' };
  const before = newClient();
  await before.signUp(ada);
  await before.tasks.create({ title: 'Buy milk' });

  const todo = newClient();
  await todo.requestPasswordReset({ email: ada.email });
  const tokens = () => mailServer.received.flatMap(({ text }) => /reset-password\?token=(\w+)/.exec(text)?.[1] ?? []);
  await expect.poll(tokens).toHaveLength(1);
  const [token = ''] = tokens();
  await expect(todo.resetPassword({ token, password: 'short' })).rejects.toMatchObject({ reason: 'INVALID_INPUT', fields: { password: [expect.any(String)] } });
  await expect(todo.resetPassword({ token, password: 'Ada-1234' })).rejects.toMatchObject({
    reason: 'PASSWORD_TOO_COMMON',
    fields: { password: [expect.stringContaining('not common')] },
  });
  await todo.resetPassword({ token, password: 'battery staple' });
  expect(await todo.currentUser()).toBeNull();
  await expect(todo.resetPassword({ token, password: 'another one' })).rejects.toMatchObject({ reason: 'TOKEN_INVALID' });
  await expect(todo.signIn(ada)).rejects.toMatchObject({ reason: 'CREDENTIALS_WRONG' });
  await todo.signIn({ ...ada, password: 'battery staple' });
  expect((await todo.tasks.list()).items).toMatchObject([{ title: 'Buy milk' }]);
  expect(await before.currentUser()).toBeNull();
});

it('a person changes the password, which ends all other sessions and keeps this one', async () => {
  const newClient = await startClients({});
  const ada = { name: 'Ada', email: 'ada@example.com', password: 'correct horse' };
  const [here, elsewhere] = [newClient(), newClient()];
  await here.signUp(ada);
  await elsewhere.signIn(ada);
  const change = { currentPassword: ada.password, newPassword: 'battery staple' };
  await expect(here.changePassword({ ...change, currentPassword: 'wrong horse' })).rejects.toMatchObject({ reason: 'CREDENTIALS_WRONG' });
  await expect(here.changePassword({ ...change, newPassword: 'short' })).rejects.toMatchObject({
    reason: 'INVALID_INPUT',
    fields: { password: [expect.any(String)] },
  });
  await expect(here.changePassword({ ...change, newPassword: 'iloveyou' })).rejects.toMatchObject({ reason: 'PASSWORD_TOO_COMMON' });
  expect(await elsewhere.currentUser()).not.toBeNull();

  await here.changePassword(change);
  expect([(await here.sessions.list()).length, await elsewhere.currentUser()]).toEqual([1, null]);
  expect(await here.tasks.list()).toMatchObject({ items: [] });
  await expect(elsewhere.signIn(ada)).rejects.toMatchObject({ reason: 'CREDENTIALS_WRONG' });
  await elsewhere.signIn({ ...ada, password: 'battery staple' });
});

it('a request for a mail fails with MAIL_OFF if the server sends none, and names a wrong address', async () => {
  const [silent, todo] = [(await startClients({}))(), (await startClients({ mailUrl: mailServer.url }))()];
  await expect(silent.requestPasswordReset({ email: 'ada@example.com' })).rejects.toMatchObject({ reason: 'MAIL_OFF' });
  await expect(todo.requestPasswordReset({ email: 'ada' })).rejects.toMatchObject({
    reason: 'INVALID_INPUT',
    fields: { email: ['must be an e-mail address'] },
  });
});

it('a person without a session learns what the server offers, and cannot create an account where nobody can', async () => {
  const [open, closed] = [(await startClients({ mailUrl: mailServer.url }))(), (await startClients({ signUp: 'closed' }))()];
  expect(await open.signInWays()).toEqual({ signUp: 'open', mail: true, providers: [], links: false, passkeys: true });
  expect(await closed.signInWays()).toEqual({ signUp: 'closed', mail: false, providers: [], links: false, passkeys: true });
  await expect(closed.signUp({ name: 'Ada', email: 'ada@example.com', password: 'correct horse' })).rejects.toMatchObject({ reason: 'SIGN_UP_CLOSED' });
});

it('a person who is invited creates an account with the token of the invitation, once', async () => {
  await using api = await startTestApi({ signUp: 'invitation' });
  await using server = await listen((request) => api.fetch(request.url, request));
  const todo = createTodoClient({ url: server.url });
  const ada = { name: 'Ada', email: 'ada@example.com', password: 'correct horse' };
  await expect(todo.signUp(ada)).rejects.toMatchObject({ reason: 'SIGN_UP_CLOSED' });
  await expect(todo.signUp({ ...ada, invitation: 'x' })).rejects.toMatchObject({ reason: 'INVITATION_INVALID' });
  const invitation = await invite(api, ada.email);
  expect(await todo.signUp({ ...ada, invitation })).toMatchObject({ email: ada.email });
  await expect(todo.signUp({ ...ada, invitation })).rejects.toMatchObject({ reason: 'INVITATION_INVALID' });
});

it('where addresses must be verified, a person signs up, follows the link of a mail, and signs in with its token', async () => {
  const newClient = await startClients({ mailUrl: mailServer.url, verifyEmail: 'required' });
  const todo = newClient();
  const ada = { name: 'Ada', email: 'required@example.com', password: 'correct horse' };
  const tokens = () => mailServer.received.flatMap(({ to, text }) => (to.includes(ada.email) ? (/verify-email\?token=([\w-]+)/.exec(text)?.[1] ?? []) : []));
  await expect(todo.signUp(ada)).rejects.toMatchObject({ reason: 'EMAIL_NOT_VERIFIED' });
  await expect(todo.signIn(ada)).rejects.toMatchObject({ reason: 'EMAIL_NOT_VERIFIED' });
  expect(await todo.currentUser()).toBeNull();
  await todo.email.requestVerification(ada);
  await expect.poll(tokens).toHaveLength(2);
  expect(await todo.signIn({ ...ada, verification: tokens()[0] })).toMatchObject({ email: ada.email, emailVerified: true });
  await expect(todo.email.verify({ token: tokens()[0] ?? '' })).rejects.toMatchObject({ reason: 'TOKEN_INVALID' });
  expect(await newClient().signIn(ada)).toMatchObject({ emailVerified: true });
});

it('a link of a mail signs in the client that has asked for it, with the secret that it got', async () => {
  const newClient = await startClients({ mailUrl: mailServer.url, signInByMail: true });
  const ada = { name: 'Ada', email: 'ada-links@example.com', password: 'correct horse' };
  await newClient().signUp(ada);
  const [todo, other] = [newClient(), newClient()];
  expect((await todo.signInWays()).links).toBe(true);
  const { secret } = await todo.signInLinks.request({ email: ada.email });
  const tokens = () => mailServer.received.flatMap(({ text }) => /#\/sign-in\?token=([\w-]+)/.exec(text)?.[1] ?? []);
  await expect.poll(tokens).toHaveLength(1);
  const [token = ''] = tokens();
  await expect(other.signInWithLink({ token })).rejects.toMatchObject({ reason: 'LINK_ELSEWHERE' });
  await expect(other.signInWithLink({ token, secret: 'x'.repeat(32) })).rejects.toMatchObject({ reason: 'TOKEN_INVALID' });
  expect(await todo.signInWithLink({ token, secret })).toMatchObject({ email: ada.email, emailVerified: true });
  expect(await todo.currentUser()).toMatchObject({ email: ada.email });
  expect(await todo.tasks.list()).toMatchObject({ items: [] });
  await expect(todo.signInWithLink({ token, secret })).rejects.toMatchObject({ reason: 'TOKEN_INVALID' });

  const silent = (await startClients({}))();
  await expect(silent.signInLinks.request({ email: ada.email })).rejects.toMatchObject({ reason: 'LINKS_OFF' });
});

it('a person changes the address of the account by the link of a mail, and stays signed in', async () => {
  const newClient = await startClients({ mailUrl: mailServer.url });
  const [todo, elsewhere] = [newClient(), newClient()];
  const ada = { name: 'Ada', email: 'former@example.com', password: 'correct horse battery' };
  const change = { email: 'next@example.com', password: ada.password };
  const tokens = () => mailServer.received.flatMap(({ text }) => /change-email\?token=([\w-]+)&email=next/.exec(text)?.[1] ?? []);
  await todo.signUp(ada);
  await elsewhere.signIn(ada);
  await expect(todo.email.requestChange({ ...change, password: 'wrong' })).rejects.toMatchObject({ reason: 'CREDENTIALS_WRONG' });
  await expect(todo.email.requestChange({ ...change, email: ada.email })).rejects.toMatchObject({ reason: 'EMAIL_SAME' });
  await expect(todo.email.requestChange({ ...change, email: 'next' })).rejects.toMatchObject({ reason: 'INVALID_INPUT', fields: { email: expect.anything() } });
  await todo.email.requestChange(change);
  await expect.poll(tokens).toHaveLength(1);
  const token = tokens()[0] ?? '';
  await expect(todo.email.confirmChange({ email: ada.email, token })).rejects.toMatchObject({ reason: 'TOKEN_INVALID' });
  await todo.email.confirmChange({ ...change, token });
  expect(await todo.currentUser()).toMatchObject({ email: change.email, emailVerified: true });
  expect(await elsewhere.currentUser()).toBeNull();
  expect(await newClient().signIn(change)).toMatchObject({ email: change.email });
});

it('without mail, a change of address fails', async () => {
  const newClient = await startClients({});
  const todo = newClient();
  await todo.signUp({ name: 'Ada', email: 'ada@example.com', password: 'correct horse battery' });
  await expect(todo.email.requestChange({ email: 'next@example.com', password: 'correct horse battery' })).rejects.toMatchObject({ reason: 'MAIL_OFF' });
});
