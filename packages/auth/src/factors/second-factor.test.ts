import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BASE_URL, COOKIE, type Proofs, startTestAuth, type TestAuth } from '../testing/identity.ts';
import { codeOf, FORGET_STEPS } from '../testing/totp.ts';
import { stepOf } from './totp.ts';

const PASSWORD = 'correct horse battery';

let test: TestAuth;
beforeAll(async () => {
  test = await startTestAuth();
});
afterAll(() => test[Symbol.asyncDispose]());

const run = (text: string) => inspect(test.database.superuserUrl, text);
const forget = () => run(FORGET_STEPS);
const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  test.auth.handle(
    new Request(`${BASE_URL}/api/auth/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: BASE_URL, ...headers },
      body: JSON.stringify(body),
    }),
  );
const answerOf = async (response: Response) => ({ status: response.status, ...Object(await response.json()) });

interface Person extends Proofs {
  email: string;
  secret: string;
  recoveryCodes: string[];
}
const as = (person: Proofs, path: string, body: object) => post(path, body, { authorization: `Bearer ${person.signed}` });
const setUp = async (person: Proofs) => answerOf(await as(person, 'second-factor/set-up', { password: PASSWORD }));
const status = async (person: Proofs) => {
  const headers = { authorization: `Bearer ${person.signed}` };
  return answerOf(await test.auth.handle(new Request(`${BASE_URL}/api/auth/second-factor`, { headers })));
};
async function signUp(): Promise<Omit<Person, 'secret' | 'recoveryCodes'>> {
  const proofs = await test.signUp();
  const [user] = await run(`select email from "user" where id = '${proofs.userId}'`);
  return { ...proofs, email: String(user?.email) };
}
/** Somebody with a second factor, none of whose codes has been used yet. */
async function secured(): Promise<Person> {
  const person = await signUp();
  const { secret } = await setUp(person);
  const { recoveryCodes } = await answerOf(await as(person, 'second-factor/turn-on', { code: codeOf(secret) }));
  await forget();
  return { ...person, secret, recoveryCodes };
}
const signIn = async ({ email }: { email: string }, code?: string, password = PASSWORD) => {
  const response = await post('sign-in/email', { email, password, ...(code !== undefined && { code }) });
  const hasSession = response.headers.getSetCookie().some((line) => line.startsWith(`${COOKIE}=`)) || response.headers.has('set-auth-token');
  return { ...(await answerOf(response)), hasSession };
};
const required = { status: 401, code: 'SECOND_FACTOR_REQUIRED', hasSession: false };
const wrong = { status: 401, code: 'CODE_WRONG', hasSession: false };
const right = { status: 200, hasSession: true };

let ada: Person;
beforeEach(async () => {
  ada = await secured();
});

it('codes are those of RFC 6238', async () => {
  const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
  expect([1, 37_037_036, 41_152_263].map((at) => codeOf(secret, { at }))).toEqual(['287082', '081804', '005924']);
  const now = Math.floor(Date.now() / 30_000);
  expect(await stepOf(secret, codeOf(secret, { at: now }))).toBeOneOf([now, now + 1]);
  expect(await stepOf(secret, codeOf(secret, { at: now - 3 }))).toBeUndefined();
});

describe('setting it up', () => {
  it('needs the password, and gives an address for a QR code with the secret in it', async () => {
    const ben = await signUp();
    expect(await answerOf(await as(ben, 'second-factor/set-up', { password: 'wrong horse battery' }))).toMatchObject({ status: 400, code: 'INVALID_PASSWORD' });
    const { uri, secret } = await setUp(ben);
    expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(uri).toBe(`otpauth://totp/Todo:${encodeURIComponent(ben.email)}?secret=${secret}&issuer=Todo&digits=6&period=30`);
  });

  it('has no effect before a right code was entered, and then no more than once', async () => {
    const ben = await signUp();
    const { secret } = await setUp(ben);
    expect(await signIn(ben)).toMatchObject(right);
    expect(await status(ben)).toMatchObject({ enabledAt: null, recoveryCodesLeft: 0 });
    expect(await answerOf(await as(ben, 'second-factor/turn-on', { code: '000000' }))).toMatchObject({ status: 401, code: 'CODE_WRONG' });
    expect(await signIn(ben)).toMatchObject(right);
    const { recoveryCodes } = await answerOf(await as(ben, 'second-factor/turn-on', { code: codeOf(secret) }));
    expect(new Set(recoveryCodes).size).toBe(10);
    expect(await status(ben)).toMatchObject({ enabledAt: expect.any(String), recoveryCodesLeft: 10 });
    expect(await signIn(ben)).toMatchObject(required);
    expect(await answerOf(await as(ben, 'second-factor/turn-on', { code: codeOf(secret, { later: 1 }) }))).toMatchObject({ code: 'SECOND_FACTOR_OFF' });
    expect(await setUp(ben)).toMatchObject({ code: 'SECOND_FACTOR_REQUIRED' });
    const again = { password: PASSWORD, code: recoveryCodes[0] };
    expect(await answerOf(await as(ben, 'second-factor/set-up', again))).toMatchObject({ status: 409, code: 'SECOND_FACTOR_ON' });
  });

  it('ends after an hour, or with another one', async () => {
    const ben = await signUp();
    const [first, second] = [await setUp(ben), await setUp(ben)];
    expect(await answerOf(await as(ben, 'second-factor/turn-on', { code: codeOf(first.secret) }))).toMatchObject({ code: 'CODE_WRONG' });
    await run(`update second_factors set created_at = now() - interval '61 minutes' where user_id = '${ben.userId}'`);
    expect(await answerOf(await as(ben, 'second-factor/turn-on', { code: codeOf(second.secret) }))).toMatchObject({ code: 'SECOND_FACTOR_OFF' });
  });
});

describe('signing in', () => {
  it('a right password alone gives no session, no cookie and nothing else that lasts', async () => {
    const before = await run('select count(*) from session union all select count(*) from verification');
    const response = await post('sign-in/email', { email: ada.email, password: PASSWORD });
    expect([response.status, response.headers.getSetCookie(), response.headers.get('set-auth-token')]).toEqual([401, [], null]);
    expect(await run('select count(*) from session union all select count(*) from verification')).toEqual(before);
  });

  it('whether there is a second factor shows to nobody without the password', async () => {
    const ben = await signUp();
    const answers = [
      await signIn(ada, undefined, 'wrong horse battery'),
      await signIn(ada, codeOf(ada.secret), 'wrong horse battery'),
      await signIn(ben, '000000', 'x'),
    ];
    for (const answer of answers) expect(answer).toEqual({ ...answers[0] });
    expect(answers[0]).toMatchObject({ status: 401, code: 'INVALID_EMAIL_OR_PASSWORD' });
    expect(await signIn(ada, codeOf(ada.secret))).toMatchObject(right);
  });

  it('a disabled user gets the answer to a wrong password', async () => {
    await run(`update "user" set disabled_at = now() where id = '${ada.userId}'`);
    expect(await signIn(ada)).toMatchObject({ status: 401, code: 'INVALID_EMAIL_OR_PASSWORD' });
  });

  it.each([0, -1, 1])('a code works once, %s steps from now, and none before it', async (later) => {
    const at = Math.floor(Date.now() / 30_000);
    // What follows takes less than a step, but may begin at the end of one.
    const code = codeOf(ada.secret, { at, later });
    const first = await signIn(ada, code);
    if (later >= 0) expect(first).toMatchObject(right);
    if (first.hasSession) {
      expect(await signIn(ada, code)).toMatchObject(wrong);
      expect(await signIn(ada, codeOf(ada.secret, { at, later: later - 1 }))).toMatchObject(wrong);
    }
  });

  it.each(['000000', '', '12345', '1234567', 'null', 'AAAA-AAAA-AAAA-AAAA', "' or 1=1", '\u0000', '123456789'])('no code such as %j', async (code) => {
    expect(await signIn(ada, code)).toMatchObject(wrong);
  });

  it.each([{ code: null }, { code: 123_456 }, { code: ['000000'] }, { code: {} }, { code: '0'.repeat(41) }])('a code is text: %j', async (given) => {
    await expect(post('sign-in/email', { email: ada.email, password: PASSWORD, ...given })).rejects.toMatchObject({ name: 'ZodError' });
  });

  it('of requests with the same code at the same time, one signs in', async () => {
    const code = codeOf(ada.secret);
    const answers = await Promise.all(Array.from({ length: 8 }, () => signIn(ada, code)));
    expect(answers.filter(({ hasSession }) => hasSession)).toHaveLength(1);
    expect(answers.filter((answer) => answer.code === 'CODE_WRONG')).toHaveLength(7);
  });

  it('a recovery code works once, as people type it, also at the same time', async () => {
    const [first = '', second = ''] = ada.recoveryCodes;
    const answers = await Promise.all(Array.from({ length: 8 }, () => signIn(ada, first)));
    expect(answers.filter(({ hasSession }) => hasSession)).toHaveLength(1);
    expect(await signIn(ada, second.toLowerCase().replaceAll('-', ' '))).toMatchObject(right);
    expect(await status(ada)).toMatchObject({ recoveryCodesLeft: 8 });
    expect(await signIn(await secured(), ada.recoveryCodes[2])).toMatchObject(wrong);
  });
});

describe('changing it', () => {
  it('new recovery codes need password and code, and end the former ones', async () => {
    const [old = '', spare = ''] = ada.recoveryCodes;
    expect(await answerOf(await as(ada, 'second-factor/recovery-codes', { password: 'x', code: spare }))).toMatchObject({ code: 'INVALID_PASSWORD' });
    expect(await answerOf(await as(ada, 'second-factor/recovery-codes', { password: PASSWORD, code: '000000' }))).toMatchObject({ code: 'CODE_WRONG' });
    const { recoveryCodes } = await answerOf(await as(ada, 'second-factor/recovery-codes', { password: PASSWORD, code: spare }));
    expect(await signIn(ada, old)).toMatchObject(wrong);
    expect(await signIn(ada, recoveryCodes[0])).toMatchObject(right);
  });

  it('turning it off needs password and code', async () => {
    const off = async (body: object) => answerOf(await as(ada, 'second-factor/turn-off', body));
    const code = codeOf(ada.secret);
    expect(await off({ password: 'wrong horse battery', code })).toMatchObject({ code: 'INVALID_PASSWORD' });
    expect(await off({ password: PASSWORD, code: '000000' })).toMatchObject({ code: 'CODE_WRONG' });
    expect(await off({ password: PASSWORD })).toMatchObject({ code: 'SECOND_FACTOR_REQUIRED' });
    expect(await signIn(ada)).toMatchObject(required);
    expect(await off({ password: PASSWORD, code })).toMatchObject({ status: true });
    expect(await signIn(ada)).toMatchObject(right);
    expect(await off({ password: PASSWORD, code })).toMatchObject({ code: 'SECOND_FACTOR_OFF' });
  });

  it('nobody does so for another user', async () => {
    const ben = await secured();
    const code = codeOf(ada.secret);
    expect(await answerOf(await as(ben, 'second-factor/turn-off', { password: PASSWORD, code }))).toMatchObject({ code: 'CODE_WRONG' });
    expect(await signIn(ada)).toMatchObject(required);
    expect(await signIn(ada, code)).toMatchObject(right);
  });
});
