import { openDatabase } from '@todo/db';
import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { BASE_URL, type Proofs, startTestAuth, type TestAuth } from '../testing/identity.ts';
import { createSlide } from './slide.ts';

let test: TestAuth;
let ada: Proofs;
beforeAll(async () => {
  test = await startTestAuth();
});
afterAll(() => test[Symbol.asyncDispose]());
beforeEach(async () => {
  ada = await test.signUp();
});

const run = (text: string) => inspect(test.database.superuserUrl, text);
/** Lets time pass for Ada's session. */
const age = (interval: string) =>
  run(`update session set expires_at = expires_at - interval '${interval}', updated_at = updated_at - interval '${interval}' where user_id = '${ada.userId}'`);
/** Days until the session ends, and since its last use; its version of the row changes with each write. */
const stored = async () => {
  const [row] = await run(`
    select round(extract(epoch from expires_at - now()) / 86400)::int as left, round(extract(epoch from now() - updated_at) / 86400)::int as unused, xmin::text as row
    from session where user_id = '${ada.userId}'`);
  return row;
};

/** Uses the session; returns the Set-Cookie lines. */
async function use(headers: Record<string, string>): Promise<string[]> {
  const lines: string[] = [];
  expect(await test.auth.identify(new Headers(headers), (line) => lines.push(line))).toBe(ada.userId);
  return lines;
}
const bearer = () => ({ authorization: `Bearer ${ada.signed}` });

it('a session that is used once in 29 days goes on, by cookie and by signed token', async () => {
  for (const headers of [{ cookie: ada.cookie }, bearer(), { cookie: ada.cookie }]) {
    await age('29 days');
    await use(headers);
    await expect.poll(stored).toMatchObject({ left: 30, unused: 0 });
  }
});

it('a browser is told to keep its cookie as long, with the attributes that it had', async () => {
  const body = JSON.stringify({ email: (await run(`select email from "user" where id = '${ada.userId}'`))[0]?.email, password: 'correct horse battery' });
  const request = new Request(`${BASE_URL}/api/auth/sign-in/email`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const [given = ''] = (await test.auth.handle(request)).headers.getSetCookie();
  await age('2 days');
  const [line = ''] = await use({ cookie: given.split(';', 1).join() });
  expect(line.split('; ').sort()).toEqual(given.split('; ').sort());
  expect(await use(bearer()), 'one who sends no cookie').toEqual([]);
});

it('a use is recorded once a day, however many there are at once', async () => {
  await use({ cookie: ada.cookie });
  await age('23 hours');
  const before = await stored();
  for (const _ of Array.from({ length: 5 })) expect(await use({ cookie: ada.cookie })).toEqual([]);
  expect(await stored()).toEqual(before);

  await run(`create table written (at timestamptz default now());
    create function count_writes() returns trigger language plpgsql security definer as $$ begin insert into public.written values (default); return new; end $$;
    create trigger session_90_count after update on session for each row execute function count_writes()`);
  await age('2 hours');
  await run('delete from written');
  const instances = [test.auth, await test.start()];
  await Promise.all(Array.from({ length: 40 }, (_, i) => instances[i % 2]?.identify(new Headers({ cookie: ada.cookie }))));
  await expect.poll(stored).toMatchObject({ left: 30 });
  for (const { identify } of instances) await identify(new Headers({ cookie: ada.cookie }));
  expect(await run('select count(*)::int from written')).toEqual([{ count: 1 }]);
  await run('drop table written; drop function count_writes() cascade');
});

it('an instance that has seen the same use later does not record it again', async () => {
  const database = openDatabase(test.database.appUrl);
  onTestFinished(() => database.close());
  const extend = createSlide(database.identity, () => {});
  const sessionOf = async (userId: string) => String((await run(`select id from session where user_id = '${userId}'`))[0]?.id);
  const other = await test.signUp();
  await run(`update session set expires_at = expires_at - interval '2 days', updated_at = updated_at - interval '2 days' where user_id = '${other.userId}'`);
  const before = await stored();
  extend(await sessionOf(ada.userId));
  extend(await sessionOf(other.userId));
  await expect.poll(() => run(`select from session where user_id = '${other.userId}' and updated_at > now() - interval '1 hour'`)).toHaveLength(1);
  expect(await stored()).toEqual(before);
});

it('nobody waits for it, and if it fails the next use tries again', async () => {
  await age('2 days');
  await run(`create function fail() returns trigger language plpgsql as $$ begin raise 'no'; end $$;
    create trigger session_90_fail before update on session for each row execute function fail()`);
  expect(await use({ cookie: ada.cookie })).toHaveLength(1);
  expect(await use({ cookie: ada.cookie })).toHaveLength(1);
  await run('drop function fail() cascade');
  const useAgain = () => use({ cookie: ada.cookie }).then(stored);
  await expect.poll(useAgain).toMatchObject({ left: 30 });
});

it('nobody waits for a session that somebody has locked', async () => {
  await age('2 days');
  await run('create table released (at int)');
  const locking = run(`
    begin; select from session where user_id = '${ada.userId}' for update;
    do $$ begin loop exit when exists (select from released); perform pg_sleep(0.01); end loop; end $$;
    commit`);
  const isLocked = () => run(`select from pg_locks where relation = 'session'::regclass and mode = 'RowShareLock'`);
  await expect.poll(isLocked).toHaveLength(1);
  await use({ cookie: ada.cookie });
  expect(await stored()).toMatchObject({ left: 28 });
  await run('insert into released values (1)');
  await locking;
  await expect.poll(stored).toMatchObject({ left: 30 });
});

it('an ended, an expired and a short session stay so', async () => {
  await age('31 days');
  expect(await test.auth.identify(new Headers(bearer()))).toBeNull();
  expect(await stored()).toMatchObject({ left: -1 });
  await run(`update session set created_at = now() - interval '2 days', updated_at = now() - interval '2 days', expires_at = now() + interval '1 hour'`);
  expect(await use({ cookie: ada.cookie })).toEqual([]);
  expect(await stored()).toMatchObject({ left: 0, unused: 2 });
  await run(`delete from session where user_id = '${ada.userId}'`);
  expect(await test.auth.identify(new Headers(bearer()))).toBeNull();
});
