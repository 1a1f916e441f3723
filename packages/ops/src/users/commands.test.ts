import { randomUUID } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { codeOf } from '@todo/auth/testing';
import { freePort, inspect } from '@todo/db/testing';
import { createFolder } from '@todo/db/testing/backups';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PASSWORD, sessionOf, startInstallation } from '../testing/installation.ts';

let the: Awaited<ReturnType<typeof startInstallation>>;
beforeAll(async () => {
  the = await startInstallation();
});
afterAll(() => the[Symbol.asyncDispose]());

it('sign-out ends the sessions of one user, or of all', async () => {
  const [ada, ben] = [await the.signUp('Ada'), await the.signUp('Ben')];
  expect(await the.users(['sign-out', ada.email])).toContain('1 session was ended');
  expect([await the.statusOf(ada.session), await the.statusOf(ben.session)]).toEqual([401, 200]);
  await expect(the.users(['sign-out', ben.email, '--all'])).rejects.toThrow('not both');
  await expect(the.users(['sign-out'])).rejects.toThrow('or add --all');
  await the.users(['sign-out', '--all']);
  expect(await the.statusOf(ben.session)).toBe(401);
  expect((await the.signIn(ben.email)).status).toBe(200);
});

it('remove-second-factor lets a user without app and codes sign in with the password, and nobody else', async () => {
  const [ada, ben] = [await the.signUp('Ada'), await the.signUp('Ben')];
  expect(await the.users(['remove-second-factor', ada.email])).toContain('had no second factor');
  for (const { session } of [ada, ben]) {
    const { secret } = Object(await (await the.call('/api/auth/second-factor/set-up', session, { password: PASSWORD })).json());
    expect((await the.call('/api/auth/second-factor/turn-on', session, { code: codeOf(secret) })).status).toBe(200);
  }
  expect((await the.signIn(ada.email)).status).toBe(401);
  expect(await the.users(['remove-second-factor', ada.email])).toContain('has no second factor any more');
  expect([(await the.signIn(ada.email)).status, (await the.signIn(ben.email)).status]).toEqual([200, 401]);
});

it('export writes what the user can download, to a new file that nobody else can read', async () => {
  using folder = createFolder();
  const ada = await the.signUp('Ada');
  const tasks = Array.from({ length: 100 }, (_, i) => ({ title: `Task ${i}` }));
  for (const _ of [1, 2, 3]) await the.call('/trpc/tasks.createMany', ada.session, { tasks });
  const file = folder.file('ada.json');
  expect(await the.users(['export', ada.email, file])).toMatch(/ is exported to .*: \d+\.\d kB\.\n$/);
  const withoutTime = ({ exportedAt: _, ...document }: Record<string, unknown>) => document;
  const downloaded = withoutTime(Object(await (await the.call('/export', ada.session)).json()));
  expect(withoutTime(JSON.parse(readFileSync(file, 'utf8')))).toEqual(downloaded);
  expect(downloaded.tasks).toHaveLength(300);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  await expect(the.users(['export', ada.email, file])).rejects.toThrow('EEXIST');
  await expect(the.users(['export', ada.email])).rejects.toThrow('Name a file');
});

it('delete asks for the address again, deletes everything of this user, and nothing of others', async () => {
  const [ada, ben] = [await the.signUp('Ada'), await the.signUp('Ben')];
  await the.create(ada.session, 'Goes');
  await the.create(ben.session, 'Stays');
  const others = () => inspect(the.own.superuserUrl, `select * from tasks where user_id <> '${ada.id}' order by user_id, id`);
  const before = await others();
  await expect(the.users(['delete', ada.email])).rejects.toThrow('1 task and a log of');
  await expect(the.users(['delete', ada.email, '--yes', ben.email])).rejects.toThrow('To confirm');
  expect(await the.users(['delete', ada.email, '--yes', ada.email])).toContain(`is deleted, with 1 task and a log of`);
  for (const table of ['tasks', 'events', 'owners', 'session', 'account'])
    expect(await inspect(the.own.superuserUrl, `select from ${table} where user_id = '${ada.id}'`), table).toEqual([]);
  expect(await others()).toEqual(before);
  expect([(await the.signIn(ada.email)).status, await the.statusOf(ben.session)]).toEqual([401, 200]);
});

it('list shows users in pages by address, by a part of name or address, as lines or as JSON', async () => {
  const mark = randomUUID();
  const emails = ['a', 'b', 'c'].map((letter) => `${letter}-${mark}@example.com`);
  for (const email of emails) await the.call('/api/auth/sign-up/email', undefined, { name: 'Eve\u001b[2J', email, password: PASSWORD });
  const session = sessionOf(await the.signIn(emails[1] ?? ''));
  await the.create(session, 'One');
  await the.users(['disable', emails[2] ?? '']);
  const find = (...args: string[]) => the.users(['list', '--search', mark.toUpperCase(), ...args]);

  const lines = (await find()).trim().split('\n');
  expect(lines.map((line) => line.split('  ')[0])).toEqual([...emails, '3 users']);
  expect(lines[1]).toMatch(/ {2}Eve\?\[2J {2}[\da-f-]{36} {2}signed up 20\S+ {2}last session 20\S+ {2}1 open {2}0 completed {2}log of 0\.\d kB {2}enabled$/);
  expect(lines[2]).toMatch(/no session {2}0 open .* disabled since 20\S+$/);

  expect(await find('--limit', '2')).toMatch(new RegExp(`\n2 users; for more, add --after ${emails[1]}\n$`));
  expect((await find('--limit', '2', '--after', emails[1] ?? '')).split('  ')[0]).toBe(emails[2]);
  const json = (await find('--json')).trim().split('\n');
  expect(json.map((line) => JSON.parse(line))).toMatchObject([
    { sessions: 1, open: 0, disabledAt: null },
    { sessions: 2, open: 1, logBytes: expect.any(Number) },
    { sessions: 0, lastSessionAt: null, disabledAt: expect.stringMatching(/Z$/) },
  ]);
  for (const limit of ['0', '1001', 'many']) await expect(find('--limit', limit)).rejects.toThrow('--limit');
});

it('an unknown address, a wrong command and a database that does not answer are said in words', async () => {
  const unknown = ['disable', 'enable', 'reset-password', 'remove-second-factor', 'sign-out', 'delete'].map((command) => [command, 'nobody@example.com']);
  for (const [command = '', ...args] of [...unknown, ['export', 'nobody@example.com', '/nowhere/file']])
    await expect(the.users([command, ...args])).rejects.toThrow(/^No user has this address\.$/);
  await expect(the.todo(['users', 'disable', 'nobody@example.com'])).rejects.toMatchObject({ code: 1, stderr: 'disable: No user has this address.\n' });
  await expect(the.todo(['users', 'purge'])).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('users list') });
  const closed = `postgres://todo_owner:secret-word@127.0.0.1:${await freePort()}/todo`;
  const unreachable = await the.todo(['users', 'list'], { DATABASE_MIGRATION_URL: closed }).catch((error) => error);
  expect(unreachable).toMatchObject({ code: 1, stderr: expect.stringMatching(/^list: The database cannot be used: .*ECONNREFUSED/) });
  expect(unreachable.stderr).not.toContain('secret-word');
  const withoutOwner = await the.todo(['users', 'list'], { DATABASE_MIGRATION_URL: the.own.appUrl }).catch((error) => error);
  expect(withoutOwner).toMatchObject({ code: 1, stderr: expect.stringMatching(/^list: The database refuses this: .* DATABASE_MIGRATION_URL\.\n$/) });
  expect(withoutOwner.stderr).not.toMatch(/select/i);
});
