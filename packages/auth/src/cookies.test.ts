import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Proofs, startTestAuth, type TestAuth } from './testing/identity.ts';

const ORIGIN = 'https://todo.example';
const [NAME, FORMER] = ['__Host-better-auth.session_token', '__Secure-better-auth.session_token'];

let test: TestAuth;
let ada: Proofs;
let ben: Proofs;
beforeAll(async () => {
  test = await startTestAuth({ baseUrl: ORIGIN });
  [ada, ben] = [await test.signUp(), await test.signUp()];
});
afterAll(() => test[Symbol.asyncDispose]());

const ask = (path: string, cookie: string, body?: object) => {
  const headers = { 'content-type': 'application/json', origin: ORIGIN, cookie };
  return test.auth.handle(new Request(`${ORIGIN}/api/auth/${path}`, body ? { method: 'POST', headers, body: JSON.stringify(body) } : { headers }));
};
const identify = (cookie: string) => test.auth.identify(new Headers({ cookie }));
const sessionIn = ({ cookie }: Proofs) => cookie.slice(NAME.length + 1);

it('with https, every cookie can be set by this host alone, over https', async () => {
  const answer = await ask('sign-in/email', '', { email: (await userOf(ada)).email, password: 'correct horse battery' });
  const lines = answer.headers.getSetCookie();
  expect(lines.map((line) => line.split('=', 1).join())).toEqual([NAME, '__Host-better-auth.device']);
  for (const line of lines) {
    for (const attribute of ['Secure', 'HttpOnly', 'Path=/', 'SameSite=Lax']) expect(line.split('; ')).toContain(attribute);
    expect(line).not.toMatch(/domain/i);
  }
});

it('a session cookie of an earlier version still counts, until the current one is there', async () => {
  const former = `${FORMER}=${sessionIn(ada)}`;
  expect(await identify(ada.cookie)).toBe(ada.userId);
  expect(await identify(former)).toBe(ada.userId);
  expect(await identify(`${former}; ${ben.cookie}`)).toBe(ben.userId);
  expect(await userOf({ cookie: former })).toMatchObject({ id: ada.userId });
  expect(await userOf({ cookie: `${former}; ${ben.cookie}` })).toMatchObject({ id: ben.userId });
});

it('such a cookie goes when the current one is set or removed', async () => {
  const carol = await test.signUp();
  const former = `${FORMER}=${sessionIn(carol)}`;
  const answer = await ask('sign-out', former, {});
  const lines = answer.headers.getSetCookie();
  expect([answer.status, await identify(former)]).toEqual([200, null]);
  expect(lines).toContainEqual(expect.stringContaining(`${FORMER}=; Max-Age=0; Path=/; Secure`));
  expect((await ask('sign-out', ben.cookie, {})).headers.getSetCookie().join()).not.toContain(FORMER);
});

async function userOf({ cookie }: { cookie: string }): Promise<{ id: string; email: string }> {
  const { user } = Object(await (await ask('get-session', cookie)).json());
  return { id: String(user.id), email: String(user.email) };
}
