import { randomUUID } from 'node:crypto';
import { inspect } from '@todo/db/testing';
import { expect, it } from 'vitest';
import { BASE_URL, startTestAuth } from './testing/identity.ts';

it('what Better Auth refuses is not logged, in whatever words a caller puts it', async () => {
  await using test = await startTestAuth();
  const forged = '/x\n2026-11-28T00:00:00Z INFO admin signed in\n\u001b[31mred';
  const send = (path: string, body: object, headers: Record<string, string>) =>
    test.auth.handle(
      new Request(`${BASE_URL}/api/auth${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }),
    );
  const person = await test.signUp();
  const answers = [
    await send('/sign-out', { callbackURL: forged }, {}),
    await send('/sign-out', { redirectTo: forged }, {}),
    await send('/sign-in/email', { email: 'x@example.com', password: 'abcdefghij' }, { origin: `https://${'e'.repeat(5_000)}.example`, cookie: person.cookie }),
    await send('/sign-in/email', { email: 'x@example.com', password: 'abcdefghij' }, { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
  expect(test.logged).toEqual([]);
});

it('a defect is logged by its kind', async () => {
  await using test = await startTestAuth();
  await inspect(test.database.superuserUrl, 'alter table "user" drop column image');
  const body = JSON.stringify({ name: 'Ada', email: `${randomUUID()}@example.com`, password: 'correct horse battery' });
  const request = new Request(`${BASE_URL}/api/auth/sign-up/email`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  await test.auth.handle(request).catch(() => {});
  expect(test.logged.join()).not.toMatch(/example\.com|select|insert/);
});
