import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { routes } from '../routes.ts';
import { BASE_URL, COOKIE, type Proofs, startTestAuth, type TestAuth } from '../testing/identity.ts';
import { codeOf, FORGET_STEPS } from '../testing/totp.ts';

const PASSWORD = 'correct horse battery';

let test: TestAuth;
let ada: Proofs & { email: string; secret: string; recoveryCodes: string[] };
let address = 0;
beforeAll(async () => {
  test = await startTestAuth({ signInsPerMinute: 20 });
  const proofs = await test.signUp();
  const [user] = await run(`select email from "user" where id = '${proofs.userId}'`);
  const { secret } = await answerOf(await post('second-factor/set-up', { password: PASSWORD }, { authorization: `Bearer ${proofs.signed}` }));
  const { recoveryCodes } = await answerOf(await post('second-factor/turn-on', { code: codeOf(secret) }, { authorization: `Bearer ${proofs.signed}` }));
  ada = { ...proofs, email: String(user?.email), secret, recoveryCodes };
});
afterAll(() => test[Symbol.asyncDispose]());

const run = (text: string) => inspect(test.database.superuserUrl, text);
const answerOf = async (response: Response) => ({ status: response.status, ...Object(await response.json()) });
/** Each request comes from another address, unless it says otherwise. */
const send = (method: string, path: string, body: object | undefined, headers: Record<string, string> = {}) => {
  address += 1;
  const from = { 'x-todo-client-address': `192.0.${address >> 8}.${address & 255}`, 'content-type': 'application/json', origin: BASE_URL };
  return test.auth.handle(
    new Request(`${BASE_URL}/api/auth/${path}`, { method, headers: { ...from, ...headers }, ...(body && { body: JSON.stringify(body) }) }),
  );
};
const post = (path: string, body: object, headers?: Record<string, string>) => send('POST', path, body, headers);
const signIn = async (code?: string, headers?: Record<string, string>) => {
  try {
    const answer = await post('sign-in/email', { email: ada.email, password: PASSWORD, code }, headers);
    return answer.ok ? 'signed in' : Object(await answer.json()).code;
  } catch (error) {
    return Object(error).rate?.name ?? String(error);
  }
};
/** Lets time pass, on an instance that remembers no refusal, and lets the present code be used again. */
const advance = async (seconds: number) => {
  await run(`update rate_limit set last_request = last_request - ${seconds * 1000}`);
  await run(FORGET_STEPS);
  test.auth = await test.start();
};
const DAY = 86_400;
const sessions = async () => Number((await run(`select count(*) as n from session where user_id = '${ada.userId}'`))[0]?.n);
const guess = async (headers?: Record<string, string>) => {
  for (let attempt = 0; attempt < 10; attempt += 1) expect(await signIn('000000', headers)).toBe('CODE_WRONG');
};

it('wrong codes from many addresses count for the account: ten in a quarter of an hour, thirty a day', async () => {
  await guess();
  expect(await signIn('000000')).toBe('wrong-codes');
  for (const _ of [1, 2]) {
    await advance(901);
    await guess();
  }
  await advance(901);
  expect(await signIn(codeOf(ada.secret))).toBe('wrong-codes-by-day');
  // Recovery codes cannot be guessed, so the owner can sign in with one on a new device.
  expect(await signIn(ada.recoveryCodes[0])).toBe('signed in');
});

it('none of them keeps the owner from signing in on a device where they have signed in before', async () => {
  await advance(DAY);
  const first = await post('sign-in/email', { email: ada.email, password: PASSWORD, code: codeOf(ada.secret) });
  const cookie = (first.headers.getSetCookie().find((line) => line.includes('.device=')) ?? '').split(';', 1).join();
  await guess();
  expect(await signIn('000000')).toBe('wrong-codes');
  await run(FORGET_STEPS);
  expect(await signIn(codeOf(ada.secret), { cookie })).toBe('signed in');
  await guess({ cookie });
  expect(await signIn('000000', { cookie })).toBe('wrong-codes');
});

it('wrong codes from one address count like wrong passwords', async () => {
  await advance(DAY);
  const from = { 'x-todo-client-address': '198.51.100.7' };
  await guess(from);
  const other = (name: string) => post('sign-in/email', { email: `${name}@example.com`, password: PASSWORD }, from);
  for (let attempt = 0; attempt < 10; attempt += 1) await other(`nobody-${attempt}`);
  await expect(other('ben')).rejects.toMatchObject({ rate: { name: 'wrong-passwords-by-address' } });
});

it('no endpoint begins a session of the account without a code', async () => {
  await advance(DAY);
  const token = 'x'.repeat(24);
  const body = { email: ada.email, name: 'Eve', password: PASSWORD, newPassword: 'another horse', token, id: ada.userId, rememberMe: false, callbackURL: '/' };
  const before = await sessions();
  const tried: string[] = [];
  for (const route of routes.keys()) {
    const [method = '', path = ''] = route.split(' ');
    for (const more of [{}, { code: '000000' }, { code: '' }]) {
      const answer = await send(method, path.slice(1), method === 'POST' ? { ...body, ...more } : undefined).catch(() => undefined);
      const names = answer?.headers.getSetCookie().filter((line) => line.startsWith(`${COOKIE}=`) && !line.startsWith(`${COOKIE}=;`)) ?? [];
      expect([route, names, answer?.headers.get('set-auth-token') ?? null]).toEqual([route, [], null]);
    }
    tried.push(route);
  }
  expect(tried.length).toBe(routes.size);
  expect(await sessions()).toBe(before);
});
