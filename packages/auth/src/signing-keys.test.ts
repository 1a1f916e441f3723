import { inspect } from '@todo/db/testing';
import { decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BASE_URL, type Proofs, startTestAuth, type TestAuth } from './testing/identity.ts';

let test: TestAuth;
let ada: Proofs;
beforeAll(async () => {
  test = await startTestAuth();
  ada = await test.signUp();
});
afterAll(() => test[Symbol.asyncDispose]());

const run = (text: string) => inspect(test.database.superuserUrl, text);

/** 20 requests for a JWT at the same time, over two instances. Returns the key of each. */
async function tokens(): Promise<(string | undefined)[]> {
  const instances = [await test.start(), await test.start()];
  const requests = Array.from({ length: 20 }, async (_, i) => {
    const request = new Request(`${BASE_URL}/api/auth/token`, { headers: { authorization: `Bearer ${ada.signed}` } });
    const { token } = Object(await (await instances[i % 2]?.handle(request))?.json());
    expect(await instances[(i + 1) % 2]?.identify(new Headers({ authorization: `Bearer ${token}` }))).toBe(ada.userId);
    return decodeProtectedHeader(String(token)).kid;
  });
  return Promise.all(requests);
}

it('first requests for a JWT that come together make one signing key', async () => {
  await run('delete from jwks');
  expect(new Set(await tokens()).size).toBe(1);
  expect(await run('select count(*)::int from jwks')).toEqual([{ count: 1 }]);
});

it('so do requests that find it expired', async () => {
  await run(`update jwks set expires_at = now() - interval '1 second'`);
  expect(new Set(await tokens()).size).toBe(1);
  expect(await run('select count(*)::int from jwks where expires_at > now()')).toEqual([{ count: 1 }]);
});
