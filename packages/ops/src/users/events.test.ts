import { inspect, script } from '@todo/db/testing';
import { createFolder } from '@todo/db/testing/backups';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sessionOf, startInstallation } from '../testing/installation.ts';

let the: Awaited<ReturnType<typeof startInstallation>>;
beforeAll(async () => {
  the = await startInstallation();
});
afterAll(() => the[Symbol.asyncDispose]());

/** What a user reads of their account, newest first. */
async function eventsOf(session: string) {
  const { items } = Object(await (await the.call('/api/auth/list-security-events', session)).json());
  return items.map(({ name, by }: Record<string, unknown>) => `${name} by ${by}`);
}
const stored = (id: string) => inspect(the.own.superuserUrl, `select name, by_operator from security_events where user_id = '${id}' order by id`);

it('each command that changes or reads an account is an event that its user reads, by the operator', async () => {
  using folder = createFolder();
  const [ada, ben] = [await the.signUp('Ada'), await the.signUp('Ben')];
  await the.users(['disable', ada.email]);
  await the.users(['enable', ada.email]);
  await the.users(['reset-password', ada.email, '--password-stdin'], 'correct horse battery\n');
  await the.users(['export', ada.email, folder.file('ada.json')]);
  await the.users(['sign-out', ada.email]);
  await the.own.backup(folder.file('backup'));
  await the.own.restoreOwner(folder.file('backup'), ada.email);
  const session = sessionOf(await the.signIn(ada.email));
  expect(await eventsOf(session)).toEqual([
    'signed_in by user',
    'account_restored by operator',
    'session_revoked by operator',
    'export_made by operator',
    'password_reset by operator',
    'account_enabled by operator',
    'account_disabled by operator',
    'signed_up by user',
  ]);
  expect(await eventsOf(ben.session)).toEqual(['signed_up by user']);
});

it('a sign-out of all is an event of each user who had a session', async () => {
  const [ada, ben, eve] = [await the.signUp('Ada'), await the.signUp('Ben'), await the.signUp('Eve')];
  await the.users(['sign-out', eve.email]);
  await the.users(['sign-out', '--all']);
  const names = async (id: string) => (await stored(id)).map(({ name }) => name);
  expect(await names(ada.id)).toEqual(['signed_up', 'session_revoked']);
  expect(await names(ben.id)).toEqual(['signed_up', 'session_revoked']);
  expect(await names(eve.id)).toEqual(['signed_up', 'session_revoked']);
});

it('a command whose event cannot be stored changes nothing, and one that fails leaves no event', async () => {
  const ada = await the.signUp('Ada');
  await script(the.own.superuserUrl, 'alter table security_events add constraint no_more check (false) not valid');
  for (const command of ['disable', 'sign-out', 'reset-password']) await expect(the.users([command, ada.email])).rejects.toThrow();
  await script(the.own.superuserUrl, 'alter table security_events drop constraint no_more');
  expect(await the.statusOf(ada.session)).toBe(200);
  await script(the.own.superuserUrl, `update account set password = null where user_id = '${ada.id}'`);
  await expect(the.users(['reset-password', ada.email])).rejects.toThrow('without a password');
  expect(await stored(ada.id)).toEqual([{ name: 'signed_up', by_operator: false }]);
});

it('an export by the user is an event, and a question for its headers is none', async () => {
  const ada = await the.signUp('Ada');
  await fetch(`${the.url}/export`, { method: 'HEAD', headers: { authorization: ada.session } });
  expect(await eventsOf(ada.session)).toEqual(['signed_up by user']);
  await (await the.call('/export', ada.jwt)).text();
  expect(await eventsOf(ada.session)).toEqual(['export_made by user', 'signed_up by user']);
});
