import { randomUUID } from 'node:crypto';
import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BASE_URL, credentialKinds, json, PASSWORD, type Person, plain, startTestApi, type TestApi } from '../testing/api.ts';
import { call, outcomeOf } from '../testing/procedures.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const run = (text: string) => inspect(api.database.superuserUrl, text);
const post = (person: Person, path: string, body: unknown = {}) => person.fetch(`/api/auth/${path}`, withOwnOrigin(json(body)));
const withOwnOrigin = (init: ReturnType<typeof json>) => ({ ...init, headers: { ...init.headers, origin: BASE_URL } });
const deleteAccount = (person: Person) => post(person, 'delete-user', { password: PASSWORD });
const signIn = (email: string, password = PASSWORD) => api.fetch('/api/auth/sign-in/email', json({ email, password }));
const signUp = (email: string, headers = {}) =>
  api.fetch('/api/auth/sign-up/email', { ...json({ name: 'Ada', email, password: PASSWORD }), headers: { 'content-type': 'application/json', ...headers } });
const bearerOf = (response: Response) => ({ authorization: `Bearer ${response.headers.get('set-auth-token')}` });

/** The outcome of a call with each of the user's credentials. */
const outcomes = async ({ headers }: Person, path: string, input?: unknown) =>
  Object.fromEntries(await Promise.all(credentialKinds.map(async (kind) => [kind, await outcomeOf(await call(api, path, input, headers[kind]))])));
const dead = 'UNAUTHENTICATED';

/** The number of a user's rows in each table. */
async function rowsOf(email: string, userId = '00000000-0000-0000-0000-000000000000') {
  const tables = ['session', 'account', 'tasks', 'owners', 'events', 'idempotency_keys'];
  const counts = tables.map((table) => `(select count(*)::int from ${table} where user_id = '${userId}') as ${table}`);
  const [found] = await run(`select (select count(*)::int from "user" where email = '${email}') as users, ${counts.join(', ')}`);
  return found;
}
const nothing = { users: 0, session: 0, account: 0, tasks: 0, owners: 0, events: 0, idempotency_keys: 0 };

describe('deleting the account', () => {
  it('removes the user, the sessions, the password and the tasks, and nobody else’s', async () => {
    const [person, other] = [await api.signUp(), await api.signUp()];
    for (const { client } of [person, other]) {
      const { id } = await client.jwt.tasks.create.mutate({ title: 'One' });
      await client.jwt.tasks.complete.mutate({ id, mutationId: randomUUID() });
      await client.jwt.tasks.create.mutate({ title: 'Two' });
    }
    // With statistics, the planner evaluates a policy more often.
    await run('analyze');
    expect((await deleteAccount(person)).status).toBe(200);
    expect(await rowsOf(person.email, person.userId)).toEqual(nothing);
    expect(await rowsOf(other.email, other.userId)).toEqual({ users: 1, session: 1, account: 1, tasks: 2, owners: 1, events: 3, idempotency_keys: 1 });
  });

  it('leaves no credential that could do anything', async () => {
    const person = await api.signUp();
    const { id } = await person.client.jwt.tasks.create.mutate({ title: 'One' });
    await deleteAccount(person);
    const input = { title: 'After the end' };
    expect(await outcomes(person, 'tasks.create', input)).toEqual({ cookie: dead, bearer: dead, jwt: dead });
    expect(await outcomes(person, 'tasks.create', { ...input, id })).toEqual({ cookie: dead, bearer: dead, jwt: dead });
    expect(await outcomes(person, 'tasks.edit', { id, title: 'Back' })).toEqual({ cookie: dead, bearer: dead, jwt: dead });
    expect(await person.client.jwt.tasks.list.query()).toEqual({ items: [], nextCursor: null });
    expect((await signIn(person.email)).status).toBe(401);
    expect(await rowsOf(person.email, person.userId)).toEqual(nothing);
    expect(api.logged).toEqual([]);
  });

  it('removes all or nothing', async () => {
    const person = await api.signUp();
    await person.client.jwt.tasks.create.mutate({ title: 'One' });
    await run(`create function refuse() returns trigger language plpgsql as $$ begin raise exception 'disk full' using errcode = '53100'; end $$`);
    await run('create trigger refuse_now before delete on "user" for each row execute function refuse()');
    expect((await deleteAccount(person)).status).toBe(503);
    await run('drop trigger refuse_now on "user"');
    expect(await rowsOf(person.email, person.userId)).toEqual({ users: 1, session: 1, account: 1, tasks: 1, owners: 1, events: 1, idempotency_keys: 0 });
    expect(await outcomes(person, 'tasks.list')).toEqual({ cookie: 'ok', bearer: 'ok', jwt: 'ok' });
    expect((await deleteAccount(person)).status).toBe(200);
  });

  it('needs the right password, and the own session', async () => {
    const person = await api.signUp();
    expect((await post(person, 'delete-user', { password: 'wrong horse battery' })).status).toBe(400);
    expect((await api.fetch('/api/auth/delete-user', json({ password: PASSWORD }))).status).toBe(401);
    expect((await api.fetch('/api/auth/delete-user', { ...json({}), headers: { ...json({}).headers, ...person.headers.jwt } })).status).toBe(401);
    expect(await outcomes(person, 'tasks.list')).toEqual({ cookie: 'ok', bearer: 'ok', jwt: 'ok' });
  });

  it('succeeds while its owner is writing, and leaves nothing behind', async () => {
    for (let round = 0; round < 20; round += 1) {
      const person = await api.signUp();
      const ids = await Promise.all(['One', 'Two'].map(async (title) => (await person.client.jwt.tasks.create.mutate({ title })).id));
      let deleted: Response | undefined;
      const write = async (verb: string, input: object) => {
        const found = new Set<string>();
        while (!deleted) found.add(await outcomeOf(await call(api, `tasks.${verb}`, input, person.headers.jwt)));
        return [...found];
      };
      const writers = [
        ...['create', 'create'].map((verb) => write(verb, { title: 'More' })),
        ...ids.flatMap((id) => ['complete', 'reopen', 'reopen'].map((verb) => write(verb, { id }))),
        ...['completeMany', 'completeMany'].map((verb) => write(verb, { ids })),
      ];
      deleted = await deleteAccount(person);
      expect(deleted.status).toBe(200);
      const found = new Set((await Promise.all(writers)).flat());
      expect([...found].filter((outcome) => !['ok', dead, 'TASK_NOT_FOUND'].includes(outcome))).toEqual([]);
      expect(await rowsOf(person.email, person.userId)).toEqual(nothing);
    }
  });
});

describe('a session', () => {
  it('ends for cookie and bearer at once when signed out, and tasks are there at the next sign-in', async () => {
    const person = await api.signUp();
    const made = plain(await person.client.jwt.tasks.create.mutate({ title: 'Still here' }));
    expect((await post(person, 'sign-out')).status).toBe(200);
    expect(await outcomes(person, 'tasks.list')).toEqual({ cookie: dead, bearer: dead, jwt: 'ok' });
    expect(await api.clientWith(bearerOf(await signIn(person.email))).tasks.list.query()).toEqual({ items: [made], nextCursor: null });
  });

  it('ends when another of the same person revokes it, alone or with all others', async () => {
    const person = await api.signUp();
    const others = await Promise.all([1, 2].map(async () => bearerOf(await signIn(person.email))));
    expect((await post(person, 'revoke-other-sessions')).status).toBe(200);
    for (const headers of others) expect(await outcomeOf(await call(api, 'tasks.list', {}, headers))).toBe(dead);
    expect(await outcomes(person, 'tasks.list')).toMatchObject({ cookie: 'ok', bearer: 'ok' });
    expect((await post(person, 'revoke-sessions')).status).toBe(200);
    expect(await outcomes(person, 'tasks.list')).toMatchObject({ cookie: dead, bearer: dead });
  });

  it('cannot be revoked by somebody else', async () => {
    const [person, other] = [await api.signUp(), await api.signUp()];
    const [session] = await run(`select id from session where user_id = '${person.userId}'`);
    const answers = await Promise.all([session?.id, randomUUID()].map((id) => post(other, 'revoke-session', { id })));
    expect(await Promise.all(answers.map(async (answer) => [answer.status, await answer.text()]))).toEqual(answers.map(() => [200, '{"status":true}']));
    expect(await outcomes(person, 'tasks.list')).toEqual({ cookie: 'ok', bearer: 'ok', jwt: 'ok' });
  });

  it('ends when another of the same person changes the password; the old password opens no other', async () => {
    const person = await api.signUp();
    const stolen = bearerOf(await signIn(person.email));
    const change = { currentPassword: PASSWORD, newPassword: 'another horse battery' };
    expect((await post(person, 'change-password', { ...change, currentPassword: 'wrong horse battery' })).status).toBe(400);
    expect(await outcomeOf(await call(api, 'tasks.list', {}, stolen))).toBe('ok');
    expect((await post(person, 'change-password', change)).status).toBe(200);
    expect(await outcomeOf(await call(api, 'tasks.list', {}, stolen))).toBe(dead);
    expect(await outcomes(person, 'tasks.list')).toEqual({ cookie: 'ok', bearer: 'ok', jwt: 'ok' });
    expect((await signIn(person.email)).status).toBe(401);
    expect((await signIn(person.email, change.newPassword)).status).toBe(200);
  });

  it('stays when the password could not be changed', async () => {
    const person = await api.signUp();
    const other = bearerOf(await signIn(person.email));
    await run(`create function refuse_change() returns trigger language plpgsql as $$ begin raise exception 'disk full' using errcode = '53100'; end $$`);
    await run('create trigger refuse_now before update on account for each row execute function refuse_change()');
    expect((await post(person, 'change-password', { currentPassword: PASSWORD, newPassword: 'another horse battery' })).status).toBe(503);
    await run('drop trigger refuse_now on account');
    expect(await outcomeOf(await call(api, 'tasks.list', {}, other))).toBe('ok');
    expect((await signIn(person.email)).status).toBe(200);
  });

  it('ends when its user has a hundred newer ones', async () => {
    const [person, other] = [await api.signUp(), await api.signUp()];
    for (const { userId } of [person, other]) {
      await run(`insert into session (id, user_id, token, expires_at, created_at, updated_at)
        select gen_random_uuid(), '${userId}', gen_random_uuid(), now() + interval '1 day', now() - n * interval '1 hour', now() from generate_series(1, 150) n`);
    }
    const newest = bearerOf(await signIn(person.email));
    expect(await outcomeOf(await call(api, 'tasks.list', {}, newest))).toBe('ok');
    expect(await outcomes(person, 'tasks.list')).toMatchObject({ cookie: 'ok' });
    expect(await run(`select count(*)::int, min(created_at) > now() - interval '99 hours' as newest from session where user_id = '${person.userId}'`)).toEqual([
      { count: 100, newest: true },
    ]);
    expect(await rowsOf(other.email, other.userId)).toMatchObject({ session: 151 });
  });

  it('ends when its time is over', async () => {
    const person = await api.signUp();
    await run(`update session set expires_at = now() - interval '1 second' where user_id = '${person.userId}'`);
    expect(await outcomes(person, 'tasks.list')).toEqual({ cookie: dead, bearer: dead, jwt: dead });
    expect((await api.fetch('/api/auth/token', { headers: person.headers.bearer })).status).toBe(401);
  });
});

describe('signing up', () => {
  it.each(['account', 'session'])('stores nothing when the %s cannot be stored, and works when it can', async (table) => {
    const email = `${randomUUID()}@example.com`;
    await run(`alter table ${table} add constraint refused check (false) not valid`);
    expect((await signUp(email)).status).toBe(500);
    expect(await rowsOf(email)).toEqual(nothing);
    await run(`alter table ${table} drop constraint refused`);
    expect((await signUp(email)).status).toBe(200);
  });

  it('makes one user of many sign-ups with one e-mail address, in whatever case it is written', async () => {
    const email = `${randomUUID()}@example.com`;
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => signUp(i % 2 ? email : email.toUpperCase())));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array.from({ length: 19 }, () => 422)]);
    expect(await rowsOf(email)).toMatchObject({ users: 1 });
  });
});
