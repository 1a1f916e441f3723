import { randomUUID } from 'node:crypto';
import { withConnection } from '@todo/db/migrate/migrate';
import { createEmptyDatabase, inspect } from '@todo/db/testing';
import { createFolder } from '@todo/db/testing/backups';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, sessionOf, startInstallation } from '../testing/installation.ts';
import { disable } from './accounts.ts';

let the: Awaited<ReturnType<typeof startInstallation>>;
beforeAll(async () => {
  the = await startInstallation();
});
afterAll(() => the[Symbol.asyncDispose]());

/** What a stranger sees of an answer. */
const seen = async (answer: Response) => {
  const headers = [...answer.headers].filter(([name]) => !['date', 'x-request-id'].includes(name));
  return { status: answer.status, headers, body: await answer.text() };
};

describe('a disabled user', () => {
  it('has no session, gets none and no stream, keeps the data, and signs in again when enabled', async () => {
    const [ada, ben] = [await the.signUp('Ada'), await the.signUp('Ben')];
    await the.create(ada.session, 'Stays');
    const stream = await the.call('/trpc/sync.watch?input=%7B%7D', ada.session);
    expect((await the.create(ada.jwt, 'Makes the JWT known')).status).toBe(200);
    expect(stream.status).toBe(200);

    expect(await the.users(['disable', ada.email.toUpperCase()])).toMatch(/ is disabled; 1 session was ended\. .* 60 more seconds at most\.\n$/);
    expect([await the.statusOf(ada.session), await the.statusOf(ben.session)]).toEqual([401, 200]);
    expect((await the.call('/api/auth/token', ada.session)).status).toBe(401);
    // A JWT is compared with its session once a minute, so it lives on; the stream learns of the change that it makes, and asks for its credential again.
    expect((await the.create(ada.jwt, 'By a JWT')).status).toBe(200);
    expect(await stream.text()).toContain('UNAUTHENTICATED');
    const { iat, exp } = JSON.parse(Buffer.from(ada.jwt.split('.')[1] ?? '', 'base64url').toString());
    expect(exp - iat).toBe(300);

    const right = await seen(await the.signIn(ada.email));
    expect(right).toEqual(await seen(await the.signIn(ada.email, 'wrong horse battery')));
    expect(right).toEqual(await seen(await the.signIn(`nobody-${randomUUID()}@example.com`)));
    expect(right.status).toBe(401);

    await the.users(['disable', ada.email]);
    await the.users(['enable', ada.email]);
    const again = sessionOf(await the.signIn(ada.email));
    expect(await (await the.call('/trpc/tasks.list', again)).text()).toContain('Stays');
  });

  it('stays disabled in a restored backup', async () => {
    using folder = createFolder();
    const ada = await the.signUp('Ada');
    await the.users(['disable', ada.email]);
    await the.own.backup(folder.file('backup'));
    await using empty = await createEmptyDatabase();
    await empty.restore(folder.file('backup'));
    expect(await inspect(empty.superuserUrl, `select email from "user" where disabled_at is not null and id = '${ada.id}'`)).toEqual([{ email: ada.email }]);
  });

  it('cannot be one whose sign-in was under way', async () => {
    const ada = await the.signUp('Ada');
    await withConnection(the.own.superuserUrl, async (connection) => {
      const insert = `insert into session (id, user_id, token, expires_at, created_at, updated_at)
        values (gen_random_uuid(), '${ada.id}', gen_random_uuid(), now() + interval '1 day', now(), now())`;
      await connection.send([{ text: `begin; set local role todo_identity; ${insert}` }]);
      const disabling = disable(the.own.ownerUrl, ada.email);
      const waiting = () => inspect(the.own.superuserUrl, `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`);
      await expect.poll(waiting).toHaveLength(1);
      await connection.send([{ text: 'commit' }]);
      expect(await disabling).toBe(2);
    });
    expect(await inspect(the.own.superuserUrl, `select from session where user_id = '${ada.id}'`)).toEqual([]);
  });
});

describe('a forgotten password', () => {
  it('is replaced by a random one, which is printed once, and all sessions end', async () => {
    const ada = await the.signUp('Ada');
    const [, password = ''] =
      /^The new password of \S+, which is shown only now: (\S{24})\n/.exec(await the.todo(['users', 'reset-password', ada.email])) ?? [];
    expect(await the.statusOf(ada.session)).toBe(401);
    expect((await the.signIn(ada.email)).status).toBe(401);
    expect(await the.statusOf(sessionOf(await the.signIn(ada.email, password)))).toBe(200);
  });

  it('is replaced by one from standard input, never by an argument, and a disabled user stays disabled', async () => {
    const ada = await the.signUp('Ada');
    expect(await the.todo(['users', 'reset-password', ada.email, '--password-stdin'], { stdin: 'battery staple\n' })).not.toContain('staple');
    expect(await the.statusOf(sessionOf(await the.signIn(ada.email, 'battery staple')))).toBe(200);
    for (const stdin of ['short\n', `${'x'.repeat(129)}\n`, 'two lines\nof text\n', ''])
      await expect(the.users(['reset-password', ada.email, '--password-stdin'], stdin)).rejects.toThrow('A password is one line of 8 to 128 characters.');
    for (const stdin of ['Password123', ada.email, 'iloveyou'])
      await expect(the.users(['reset-password', ada.email, '--password-stdin'], stdin)).rejects.toThrow('Attackers try this password first');
    await expect(the.users(['reset-password', ada.email, 'battery horse'])).rejects.toThrow('Name one user');
    expect((await the.signIn(ada.email, 'battery staple')).status).toBe(200);
    await the.users(['disable', ada.email]);
    await the.users(['reset-password', ada.email, '--password-stdin'], PASSWORD);
    expect((await the.signIn(ada.email)).status).toBe(401);
  });

  it('of a user who has none changes nothing', async () => {
    const ada = await the.signUp('Ada');
    await inspect(the.own.superuserUrl, `update account set provider_id = 'other' where user_id = '${ada.id}'`);
    await expect(the.users(['reset-password', ada.email])).rejects.toThrow('This user signs in without a password.');
    expect(await the.statusOf(ada.session)).toBe(200);
  });
});
