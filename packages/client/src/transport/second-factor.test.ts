import { randomUUID } from 'node:crypto';
import { codeOf, startTestApi, type TestApi } from '@todo/api/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTodoClient } from '../index.ts';
import { type Loopback, listen } from '../testing/client.ts';

let api: TestApi;
let server: Loopback;
beforeAll(async () => {
  api = await startTestApi();
  server = await listen((request) => api.fetch(request.url, request));
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

it('a user turns a second factor on, signs in with codes, and turns it off', async () => {
  const account = { name: 'Ada', email: `${randomUUID()}@example.com`, password: 'correct horse battery' };
  const { password } = account;
  const ada = createTodoClient({ url: server.url });
  const elsewhere = createTodoClient({ url: server.url });
  await ada.signUp(account);
  expect(await ada.secondFactor.status()).toEqual({ enabledAt: null, recoveryCodesLeft: 0 });
  await expect(ada.secondFactor.setUp({ password: 'wrong horse battery' })).rejects.toMatchObject({ reason: 'CREDENTIALS_WRONG' });
  await expect(ada.secondFactor.turnOn({ code: '000000' })).rejects.toMatchObject({ reason: 'SECOND_FACTOR_OFF' });
  const { secret, uri } = await ada.secondFactor.setUp({ password });
  expect(uri).toContain(`secret=${secret}`);
  await expect(ada.secondFactor.turnOn({ code: '000000' })).rejects.toMatchObject({ reason: 'CODE_WRONG' });
  const codes = await ada.secondFactor.turnOn({ code: codeOf(secret) });
  await expect(ada.secondFactor.setUp({ password })).rejects.toMatchObject({ reason: 'SECOND_FACTOR_REQUIRED' });
  await expect(ada.secondFactor.setUp({ password, code: codes[2] ?? '' })).rejects.toMatchObject({ reason: 'SECOND_FACTOR_ON' });

  await expect(elsewhere.signIn(account)).rejects.toMatchObject({ reason: 'SECOND_FACTOR_REQUIRED', status: 401 });
  expect(await elsewhere.currentUser()).toBeNull();
  await expect(elsewhere.signIn({ ...account, code: '000000' })).rejects.toMatchObject({ reason: 'CODE_WRONG' });
  expect(await elsewhere.signIn({ ...account, code: codeOf(secret, { later: 1 }) })).toMatchObject({ email: account.email });
  const [code = '', ...others] = await elsewhere.secondFactor.renewRecoveryCodes({ password, code: codes[0] ?? '' });
  expect(others).toHaveLength(9);
  expect(await ada.secondFactor.status()).toEqual({ enabledAt: expect.stringMatching(/Z$/), recoveryCodesLeft: 10 });
  await expect(ada.secondFactor.turnOff({ password, code: codes[1] ?? '' })).rejects.toMatchObject({ reason: 'CODE_WRONG' });
  await ada.secondFactor.turnOff({ password, code });
  expect(await createTodoClient({ url: server.url }).signIn(account)).toMatchObject({ email: account.email });
});

it('a user with a second factor deletes the account with password and code', async () => {
  const account = { name: 'Ada', email: `${randomUUID()}@example.com`, password: 'correct horse battery' };
  const { password } = account;
  const ada = createTodoClient({ url: server.url });
  await ada.signUp(account);
  const { secret } = await ada.secondFactor.setUp({ password });
  const [code = ''] = await ada.secondFactor.turnOn({ code: codeOf(secret) });
  await expect(ada.deleteAccount({ password })).rejects.toMatchObject({ reason: 'SECOND_FACTOR_REQUIRED' });
  await expect(ada.deleteAccount({ password, code: '000000' })).rejects.toMatchObject({ reason: 'CODE_WRONG' });
  await expect(ada.deleteAccount({ password: 'wrong horse battery', code })).rejects.toMatchObject({ reason: 'CREDENTIALS_WRONG' });
  expect(await ada.tasks.counts()).toEqual({ open: 0, completed: 0 });
  await ada.deleteAccount({ password, code });
  await expect(createTodoClient({ url: server.url }).signIn(account)).rejects.toMatchObject({ reason: 'CREDENTIALS_WRONG' });
});
