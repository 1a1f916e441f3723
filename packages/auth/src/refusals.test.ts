import { afterAll, beforeAll, expect, it } from 'vitest';
import { BASE_URL, startTestAuth, type TestAuth } from './testing/identity.ts';

let test: TestAuth;
beforeAll(async () => {
  test = await startTestAuth();
});
afterAll(() => test[Symbol.asyncDispose]());

it.each(['callbackURL', 'redirectTo', 'errorCallbackURL', 'newUserCallbackURL'])('a refusal has a code, also for a %s that is no text', async (field) => {
  const body = JSON.stringify({ email: 'ada@example.com', password: 'correct horse', [field]: {} });
  const request = new Request(`${BASE_URL}/api/auth/sign-in/email`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const answer = await test.auth.handle(request);
  expect(answer.status).toBe(400);
  expect(await answer.json()).toEqual({ code: 'INVALID_INPUT', message: expect.stringMatching(/expected a string$/) });
});
