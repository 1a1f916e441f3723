import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createTestDatabase, freePort, inspect } from '@todo/db/testing';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { type Program, start, stop } from '../testing/program.ts';

const PEOPLE = 6;
const PASSWORD = 'correct horse battery';
const COOKIE = 'better-auth.session_token';

const [former, next] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')];
/** The steps of "Changing the secret" in docs/operations.md. */
const steps = [
  { BETTER_AUTH_SECRET: former },
  { BETTER_AUTH_SECRETS: `1:${former},2:${next}` },
  { BETTER_AUTH_SECRETS: `2:${next},1:${former}` },
  { BETTER_AUTH_SECRETS: `2:${next}` },
];

interface Person {
  cookie: string;
  /** A session token, which the server may replace by one that it has signed anew. */
  bearer: string;
  jwt: string;
}

const tokenOf = z.object({ token: z.string() });

it('secrets and signing keys change under load, one instance after the other, and nobody is signed out', { timeout: 300_000 }, async () => {
  await using database = await createTestDatabase();
  const settings = {
    DATABASE_URL: database.appUrl,
    PUBLIC_URL: 'http://todo.example.com',
    TODO_DATA_DIR: '/nonexistent',
    SIGN_INS_PER_MINUTE: '0',
    CALLS_PER_MINUTE: '0',
  };
  // Each at a port of its own: one that was free a moment ago may be somebody else's.
  const launch = async (step: number) => start({ ...settings, ...steps[step], PORT: String(await freePort()) });
  let [open, turn]: [Program[], number] = [[], 0];
  const failures: string[] = [];
  let calls = 0;

  /** To the open instances in turn. */
  const send = async (path: string, init: RequestInit = {}) => {
    turn += 1;
    calls += 1;
    const response = await fetch(`${open[turn % open.length]?.url}${path}`, init);
    if (!response.ok) failures.push(`${path} ${response.status} ${await response.text()}`);
    return response;
  };
  const signUp = async (): Promise<Person> => {
    const body = JSON.stringify({ name: 'Ada', email: `${randomUUID()}@example.com`, password: PASSWORD });
    const response = await send('/api/auth/sign-up/email', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    const person = { cookie: '', bearer: response.headers.get('set-auth-token') ?? '', jwt: '' };
    keepCookie(person, response);
    return person;
  };
  const keepCookie = (person: Person, response: Response) => {
    const line = response.headers.getSetCookie().find((each) => each.startsWith(`${COOKIE}=`));
    if (line) person.cookie = line.split(';', 1).join();
  };
  /** As a browser, and as a client that asks for a new JWT now and then, do. */
  const round = async (person: Person) => {
    keepCookie(person, await send('/trpc/tasks.list', { headers: { cookie: person.cookie } }));
    const answer = await send('/api/auth/token', { headers: { authorization: `Bearer ${person.bearer}` } });
    person.bearer = answer.headers.get('set-auth-token') ?? person.bearer;
    const former = person.jwt;
    person.jwt = answer.ok ? tokenOf.parse(await answer.json()).token : former;
    for (const jwt of [former, person.jwt].filter(Boolean)) await send('/trpc/tasks.list', { headers: { authorization: `Bearer ${jwt}` } });
  };

  try {
    open = await Promise.all([launch(0), launch(0)]);
    const people = await Promise.all(Array.from({ length: PEOPLE }, signUp));
    const before = people.map(({ cookie, bearer }) => ({ cookie, bearer }));
    const rounds = people.map(() => 0);
    let isOver = false;
    const load = people.map(async (person, i) => {
      for (; !isOver; await delay(20)) {
        await round(person).catch((error: unknown) => failures.push(String(error)));
        rounds[i] = (rounds[i] ?? 0) + 1;
      }
    });
    /** Until each of them has begun and ended a round. */
    const everybodyCalls = async () => {
      const since = [...rounds];
      const fewest = () => Math.min(...rounds.map((count, i) => count - (since[i] ?? 0)));
      await expect.poll(fewest).toBeGreaterThan(1);
    };

    for (const step of [1, 2, 3]) {
      for (const former of open) {
        const others = open.filter((each) => each !== former);
        open = others;
        await everybodyCalls();
        expect(await stop(former)).toBe(0);
        open = [...others, await launch(step)];
        await everybodyCalls();
      }
      // A signing key lasts 30 days.
      await inspect(database.superuserUrl, 'update jwks set expires_at = now() where expires_at > now()');
      await everybodyCalls();
    }
    isOver = true;
    await Promise.all(load);

    expect(failures).toEqual([]);
    expect(calls).toBeGreaterThan(100);
    expect(await inspect(database.superuserUrl, 'select count(*)::integer as keys from jwks')).toEqual([{ keys: 4 }]);
    // Each credential is another one now, and those that the former secret had signed open nothing.
    for (const [i, { cookie, bearer }] of before.entries()) {
      expect([people[i]?.cookie === cookie, people[i]?.bearer === bearer]).toEqual([false, false]);
      for (const headers of [{ cookie }, { authorization: `Bearer ${bearer}` }])
        expect((await fetch(`${open[0]?.url}/trpc/tasks.list`, { headers })).status).toBe(401);
    }
  } finally {
    for (const program of open) await stop(program, 'SIGKILL');
  }
});
