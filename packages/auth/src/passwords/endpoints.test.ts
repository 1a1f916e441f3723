import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Mail } from '../mail/mail.ts';
import { createAuthenticator } from '../testing/authenticator.ts';
import { BASE_URL, type Proofs, startTestAuth, type TestAuth } from '../testing/identity.ts';
import { codeOf } from '../testing/totp.ts';

const PASSWORD = 'correct horse battery';
const NEW_PASSWORD = 'a new horse battery';
const mails: Mail[] = [];
const mail = {
  add: async (_: string, one: Mail) => {
    mails.push(one);
  },
};

let test: TestAuth;
let ada: Proofs;
beforeAll(async () => {
  test = await startTestAuth({ mail, signInsPerMinute: 1_000 });
});
afterAll(() => test[Symbol.asyncDispose]());
beforeEach(async () => {
  ada = await test.signUp();
  await test.auth.settle();
  mails.length = 0;
});

const run = (text: string) => inspect(test.database.superuserUrl, text);
const ask = async (path: string, body: object, signed = ada.signed) => {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${signed}` };
  const answer = await test.auth.handle(new Request(`${BASE_URL}/api/auth/${path}`, { method: 'POST', headers, body: JSON.stringify(body) }));
  return { ...Object(await answer.json()), status: answer.status };
};
const eventsOf = async () => (await run(`select name from security_events where user_id = '${ada.userId}' order by id`)).map(({ name }) => name);

it.each([{}, { revokeOtherSessions: true }])('a new password needs the code of a second factor too, also with %j', async (also) => {
  const { secret } = await ask('second-factor/set-up', { password: PASSWORD });
  const { recoveryCodes } = await ask('second-factor/turn-on', { code: codeOf(secret) });
  const change = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD, ...also };
  expect(await ask('change-password', change)).toMatchObject({ status: 401, code: 'SECOND_FACTOR_REQUIRED' });
  expect(await ask('change-password', { ...change, code: '000000' })).toMatchObject({ status: 401, code: 'CODE_WRONG' });
  expect(await ask('change-password', { ...change, currentPassword: 'x', code: recoveryCodes[0] })).toMatchObject({ status: 400, code: 'INVALID_PASSWORD' });
  expect(await ask('change-password', { ...change, code: recoveryCodes[0] })).toMatchObject({ status: 200 });
  expect(await ask('second-factor/set-up', { password: NEW_PASSWORD })).toMatchObject({ code: 'SECOND_FACTOR_REQUIRED' });
});

it('a passkey on its way is not added when the session has been ended meanwhile', async () => {
  const { options } = await ask('passkeys/add-options', { password: PASSWORD });
  const { response, id } = createAuthenticator({ rpId: 'localhost', origin: BASE_URL }).create(options);
  await run('create table released (at int)');
  const taking = run(`
    begin; select from "user" where id = '${ada.userId}' for update;
    do $$ begin loop exit when exists (select from released); perform pg_sleep(0.01); end loop; end $$;
    delete from session where user_id = '${ada.userId}';
    commit`);
  await expect.poll(() => run(`select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`)).toHaveLength(1);
  const adding = ask('passkeys/add', { name: 'Phone', response: { id, response } });
  await expect.poll(() => run(`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)).toHaveLength(1);
  await run('insert into released values (1)');
  expect(await adding).toMatchObject({ status: 401 });
  await taking;
  expect(await run(`select from passkeys where user_id = '${ada.userId}'`)).toEqual([]);
});

it('whoever removes what is not there adds no event and sends no mail', async () => {
  for (const path of ['passkeys/remove', 'disconnect-provider'])
    expect(await ask(path, { id: '01890a5d-ac96-774b-bcce-b302099a8057' })).toMatchObject({ status: 200 });
  await test.auth.settle();
  expect([await eventsOf(), mails]).toEqual([['signed_up'], []]);
});

it('many changes of one kind send five mails an hour, and hide none of another kind', async () => {
  for (let n = 0; n < 7; n += 1)
    await ask('change-password', { currentPassword: n % 2 ? NEW_PASSWORD : PASSWORD, newPassword: n % 2 ? PASSWORD : NEW_PASSWORD });
  const { secret } = await ask('second-factor/set-up', { password: NEW_PASSWORD });
  await ask('second-factor/turn-on', { code: codeOf(secret) });
  await test.auth.settle();
  const subjects = mails.map(({ subject }) => subject);
  expect(subjects).toEqual([...Array.from({ length: 5 }, () => 'Your Todo password was changed'), 'Your Todo account has a second factor']);
});
