import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createAuthenticator, type Deviation } from '../testing/authenticator.ts';
import { BASE_URL, COOKIE, type Proofs, startTestAuth, type TestAuth } from '../testing/identity.ts';
import { codeOf } from '../testing/totp.ts';

const PASSWORD = 'correct horse battery';
const PLACE = { rpId: 'localhost', origin: BASE_URL };

let test: TestAuth;
let ada: Proofs;
beforeAll(async () => {
  test = await startTestAuth();
});
afterAll(() => test[Symbol.asyncDispose]());
beforeEach(async () => {
  ada = await test.signUp();
});

const send = (method: string, path: string, body?: object, signed?: string) => {
  const headers = { 'content-type': 'application/json', origin: BASE_URL, ...(signed && { authorization: `Bearer ${signed}` }) };
  return test.auth.handle(new Request(`${BASE_URL}/api/auth/${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) }));
};
const answerOf = async (response: Response) => ({ status: response.status, ...Object(await response.json()) });
const as = async (person: Proofs, path: string, body: object) => answerOf(await send('POST', path, body, person.signed));
const list = async (person: Proofs) => Object(await (await send('GET', 'passkeys', undefined, person.signed)).json()).passkeys;
async function added(person: Proofs, device = createAuthenticator(PLACE), deviation: Deviation = {}) {
  const { options } = await as(person, 'passkeys/add-options', { password: PASSWORD });
  return { device, options, answer: await as(person, 'passkeys/add', { name: 'Phone', response: device.create(options, deviation) }) };
}
const challenge = async () => Object(await (await send('POST', 'passkeys/sign-in-options', {})).json()).options;
async function signIn(response: object) {
  const answer = await send('POST', 'passkeys/sign-in', { response });
  return { hasSession: answer.headers.getSetCookie().some((line) => line.startsWith(`${COOKIE}=`)), ...(await answerOf(answer)) };
}
const refused = { status: 401, code: 'PASSKEY_REFUSED' };

it('a user adds a passkey with the password and signs in with it alone, also with a second factor', async () => {
  expect(await as(ada, 'passkeys/add-options', { password: 'wrong horse battery' })).toMatchObject({ code: 'INVALID_PASSWORD' });
  const { device, answer } = await added(ada);
  expect(answer).toMatchObject({ status: 200, passkey: { name: 'Phone', lastUsedAt: null } });
  const { secret } = await as(ada, 'second-factor/set-up', { password: PASSWORD });
  await as(ada, 'second-factor/turn-on', { code: codeOf(secret) });
  expect(await signIn(device.get(await challenge()))).toMatchObject({ hasSession: true, user: { id: ada.userId } });
  expect(await as(ada, 'passkeys/add-options', { password: PASSWORD })).toMatchObject({ code: 'SECOND_FACTOR_REQUIRED' });
  expect(await list(ada)).toMatchObject([{ name: 'Phone', lastUsedAt: expect.any(String) }]);
});

it('an answer signs in once, also at the same time, and a challenge once', async () => {
  const { device } = await added(ada);
  const options = await challenge();
  const response = device.get(options);
  const answers = await Promise.all(Array.from({ length: 6 }, () => signIn(response)));
  expect(answers.filter(({ hasSession }) => hasSession)).toHaveLength(1);
  expect(await signIn(device.get(options))).toMatchObject(refused);
});

it.each([{ origin: 'https://example.org' }, { rpId: 'example.org' }, { isVerified: false }, { challenge: 'AAAA' }, { challenge: '' }])(
  'nothing is added or opened by an answer with %j',
  async (deviation) => {
    expect((await added(ada, createAuthenticator(PLACE), deviation)).answer).toMatchObject(refused);
    const { device } = await added(ada);
    expect(await signIn(device.get(await challenge(), deviation))).toMatchObject({ ...refused, hasSession: false });
  },
);

it('a challenge counts for its purpose and session alone, and a passkey for its own key', async () => {
  const ben = await test.signUp();
  const { device, options } = await added(ada);
  expect(await signIn(device.get(options))).toMatchObject(refused);
  const other = createAuthenticator(PLACE);
  expect(await as(ada, 'passkeys/add', { name: 'Phone', response: other.create(await challenge()) })).toMatchObject(refused);
  const { options: ofBen } = await as(ben, 'passkeys/add-options', { password: PASSWORD });
  expect(await as(ada, 'passkeys/add', { name: 'Phone', response: other.create(ofBen) })).toMatchObject(refused);
  expect(await signIn({ ...other.get(await challenge()), id: device.id })).toMatchObject(refused);
  expect(await signIn(other.get(await challenge()))).toMatchObject(refused);
  expect(await as(ben, 'passkeys/add', { name: 'Phone', response: device.create(ofBen) })).toMatchObject(refused);
});

it('nobody sees, renames or removes the passkey of another user; who removes their own signs in with it no more', async () => {
  const ben = await test.signUp();
  const { device, answer } = await added(ada);
  const { id } = answer.passkey;
  expect(await list(ben)).toEqual([]);
  await as(ben, 'passkeys/rename', { id, name: 'Mine' });
  await as(ben, 'passkeys/remove', { id });
  expect(await list(ada)).toMatchObject([{ id, name: 'Phone' }]);
  await as(ada, 'passkeys/rename', { id, name: 'Old phone' });
  expect(await list(ada)).toMatchObject([{ name: 'Old phone' }]);
  await as(ada, 'passkeys/remove', { id });
  expect(await signIn(device.get(await challenge()))).toMatchObject(refused);
});

it('the last passkey stays if it is the only way to sign in', async () => {
  const [first, second] = [(await added(ada)).answer.passkey.id, (await added(ada)).answer.passkey.id];
  await inspect(test.database.superuserUrl, `delete from account where user_id = '${ada.userId}'`);
  const answers = await Promise.all([first, second].map((id) => as(ada, 'passkeys/remove', { id })));
  expect(answers.map(({ status, code }) => code ?? status).toSorted()).toEqual([true, 'LAST_SIGN_IN_WAY'].toSorted());
  expect(await list(ada)).toHaveLength(1);
});

it('a user has at most 20, and a disabled one signs in with none', async () => {
  const { device } = await added(ada);
  for (let n = 1; n < 20; n += 1) expect((await added(ada)).answer.status).toBe(200);
  expect((await added(ada)).answer).toMatchObject({ status: 409, code: 'PASSKEYS_TOO_MANY' });
  await inspect(test.database.superuserUrl, `update "user" set disabled_at = now() where id = '${ada.userId}'`);
  expect(await signIn(device.get(await challenge()))).toMatchObject({ status: 401, hasSession: false });
});
