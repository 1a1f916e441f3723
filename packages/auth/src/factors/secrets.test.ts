import { randomUUID } from 'node:crypto';
import { openDatabase } from '@todo/db';
import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { type Auth, createAuth } from '../auth.ts';
import type { SecretOptions } from '../secrets.ts';
import { BASE_URL, type Proofs, startTestAuth, type TestAuth } from '../testing/identity.ts';
import { codeOf, FORGET_STEPS } from '../testing/totp.ts';

const PASSWORD = 'correct horse battery';
const PEOPLE = 3;

let test: TestAuth;
beforeAll(async () => {
  test = await startTestAuth();
});
afterAll(() => test[Symbol.asyncDispose]());

const run = (text: string) => inspect(test.database.superuserUrl, text);
const post = (auth: Auth, path: string, body: object, signed?: string) => {
  const headers = { 'content-type': 'application/json', origin: BASE_URL, ...(signed && { authorization: `Bearer ${signed}` }) };
  return auth.handle(new Request(`${BASE_URL}/api/auth/${path}`, { method: 'POST', headers, body: JSON.stringify(body) }));
};
async function secured(auth: Auth): Promise<Proofs & { email: string; secret: string; recoveryCodes: string[] }> {
  const proofs = await test.signUp();
  const [user] = await run(`select email from "user" where id = '${proofs.userId}'`);
  const { secret } = Object(await (await post(auth, 'second-factor/set-up', { password: PASSWORD }, proofs.signed)).json());
  const { recoveryCodes } = Object(await (await post(auth, 'second-factor/turn-on', { code: codeOf(secret) }, proofs.signed)).json());
  await run(FORGET_STEPS);
  return { ...proofs, email: String(user?.email), secret, recoveryCodes };
}
async function start(secrets: SecretOptions): Promise<Auth> {
  const { identity, ...database } = openDatabase(test.database.appUrl);
  onTestFinished(() => database.close());
  const password = { hash: async (text: string) => text, verify: async (given: { hash: string; password: string }) => given.hash === given.password };
  const auth = await createAuth({
    identity,
    baseUrl: BASE_URL,
    trustedOrigins: [],
    signInsPerMinute: 20,
    log: (line) => test.logged.push(line),
    password,
    ...secrets,
  });
  return auth;
}

it('the database holds neither secret nor recovery codes as they are', async () => {
  const ada = await secured(test.auth);
  const rows = JSON.stringify(await run('select * from second_factors'));
  const codes = ada.recoveryCodes.flatMap((code) => [code, code.replaceAll('-', '')]);
  for (const text of [ada.secret, Buffer.from(ada.secret).toString('hex'), Buffer.from(ada.secret).toString('base64url'), ...codes])
    expect(rows.toLowerCase()).not.toContain(text.toLowerCase());
});

it('a change of the secret in three steps keeps all second factors, and afterwards the former one can go', async () => {
  const next = randomUUID().repeat(2);
  const old = { version: 1, value: test.secret };
  const fresh = { version: 2, value: next };
  const people = await Promise.all(Array.from({ length: PEOPLE }, () => secured(test.auth)));
  const stages: SecretOptions[] = [
    { secret: test.secret, numberedSecrets: [old, fresh] },
    { secret: test.secret, numberedSecrets: [fresh, old] },
    { secret: next, numberedSecrets: [fresh] },
  ];
  const keys = () => run('select distinct key_id from second_factors').then((rows) => rows.map(({ key_id: key }) => String(key)));
  const [former] = await keys();
  for (const stage of stages) {
    const auth = await start(stage);
    // Nobody has to sign in for it.
    if (stage === stages[1]) await expect.poll(keys).not.toContain(former);
    for (const { email, secret } of people) {
      const answer = await post(auth, 'sign-in/email', { email, password: PASSWORD, code: codeOf(secret) });
      expect([stages.indexOf(stage), answer.status]).toEqual([stages.indexOf(stage), 200]);
    }
    await run(FORGET_STEPS);
  }
});

it('without the secret a recovery code still works, and a code of the app does not', async () => {
  const ada = await secured(test.auth);
  const auth = await start({ secret: randomUUID().repeat(2) });
  const signIn = async (code: string) => (await post(auth, 'sign-in/email', { email: ada.email, password: PASSWORD, code })).status;
  expect(await signIn(codeOf(ada.secret))).toBe(401);
  expect(await signIn(ada.recoveryCodes[0] ?? '')).toBe(200);
});
