import { afterAll, beforeAll, expect, it } from 'vitest';
import { endpointsOf, routes } from './routes.ts';
import { BASE_URL, startTestAuth, type TestAuth } from './testing/identity.ts';

let test: TestAuth;
beforeAll(async () => {
  test = await startTestAuth();
});
afterAll(() => test[Symbol.asyncDispose]());

const send = (endpoint: string) => {
  const [method = '', path = ''] = endpoint.split(' ');
  const url = `${BASE_URL}/api/auth${path.replace(/:\w+/g, 'x')}`;
  const body = { headers: { 'content-type': 'application/json' }, body: '{}' };
  return test.auth.handle(new Request(url, method === 'POST' ? { method, ...body } : { method }));
};

it('an endpoint of Better Auth is one that the product uses, or it is off', async () => {
  const all = endpointsOf(test.auth.endpoints);
  expect([...routes.keys()].filter((endpoint) => !all.includes(endpoint))).toEqual([]);
  expect(all.length).toBeGreaterThan(routes.size);
  for (const endpoint of all) {
    // A sign-up without input is refused by an error.
    const isOff = await send(endpoint).then(
      ({ status, body }) => status === 404 && body === null,
      () => false,
    );
    expect([endpoint, isOff]).toEqual([endpoint, !routes.has(endpoint)]);
  }
});

it.each(['/sign-in/email/', '//sign-in/email', '/SIGN-IN/email', '/%73ign-in/email', '/./verify-password', '/constructor'])(
  'there is no way around that by %s',
  async (path) => {
    expect((await send(`POST ${path}`)).status).toBe(404);
  },
);
