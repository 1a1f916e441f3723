import { randomUUID } from 'node:crypto';
import { BODY_MAX_DEPTH } from '@todo/contract';
import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { BASE_URL, json, PASSWORD, type Person, startTestApi, type TestApi } from '../testing/api.ts';

let api: TestApi;
let person: Person;
beforeAll(async () => {
  api = await startTestApi();
  person = await api.signUp();
});
beforeEach(() => {
  api.logged.splice(0);
});
afterAll(() => api[Symbol.asyncDispose]());

const stored = () =>
  inspect(api.database.superuserUrl, 'select to_jsonb(one) as row from (select id, title from tasks union all select id, name from "user") one order by 1');
const invalid = z.object({ error: z.object({ data: z.object({ reason: z.literal('INVALID_INPUT') }) }) });

/** Sends a request as this user, from a page of the API's own origin. */
const send = (path: string, init: RequestInit = {}) =>
  api.fetch(path, { ...init, headers: { origin: BASE_URL, ...json('').headers, ...person.headers.bearer, ...init.headers } });

async function expectInvalid(response: Response): Promise<void> {
  const text = await response.text();
  expect([response.status, text]).toEqual([400, expect.anything()]);
  invalid.parse(JSON.parse(text));
}

const paths = ['/trpc/tasks.create', '/api/auth/sign-up/email', '/api/auth/update-user'];

describe.each(paths)('a body for %s', (path) => {
  it.each([[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80]])(
    'of the bytes %j is refused, and nothing of it is stored',
    async (...bytes) => {
      const before = await stored();
      const [start = '', end = ''] = JSON.stringify({ title: '|', name: '|', email: `${randomUUID()}@example.com`, password: PASSWORD })
        .replace('|"', '|"')
        .split('|');
      const body = Buffer.concat([Buffer.from(start), Buffer.from(bytes), Buffer.from(end)]);
      await expectInvalid(await send(path, { method: 'POST', body }));
      expect(await stored()).toEqual(before);
    },
  );

  it.each(['utf-16', 'latin1', '"iso-8859-1"', 'utf-7'])('in the charset %s is refused', async (charset) => {
    const response = await send(path, { method: 'POST', body: '{}', headers: { 'content-type': `application/json; charset=${charset}` } });
    expect(response.status).toBe(415);
  });

  it.each(['utf-8', 'UTF-8', '"utf-8"', 'utf8'])('in the charset %s is read', async (charset) => {
    const body = JSON.stringify({ title: 'Käse', name: 'Käse' });
    const response = await send(path, { method: 'POST', body, headers: { 'content-type': `application/json; charset=${charset}` } });
    expect(response.status).not.toBe(415);
  });

  // As deep as the size of a body allows, about.
  const deepest = path.startsWith('/trpc') ? 150_000 : 2_500;
  it.each([BODY_MAX_DEPTH + 1, deepest])('nested %i deep is refused', async (depth) => {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ]) {
      const body = `{"title":"[[[","name":${open?.repeat(depth)}1${close?.repeat(depth)}}`;
      await expectInvalid(await send(path, { method: 'POST', body }));
    }
  });
});

it('brackets within texts are not counted', async () => {
  const title = '[{"\\'.repeat(100);
  expect(await person.client.jwt.tasks.create.mutate({ title })).toMatchObject({ title });
});

describe('a value that PostgreSQL refuses', () => {
  const accounts: Record<string, () => Promise<Response>> = {
    'NUL in a new name': () => send('/api/auth/sign-up/email', json({ name: 'a\0b', email: `${randomUUID()}@example.com`, password: PASSWORD })),
    'no name': () => send('/api/auth/sign-up/email', json({ name: null, email: `${randomUUID()}@example.com`, password: PASSWORD })),
    'NUL in a changed name': () => send('/api/auth/update-user', json({ name: 'a\0b' })),
    'a changed name that is null': () => send('/api/auth/update-user', json({ name: null })),
    'NUL in an image': () => send('/api/auth/update-user', json({ image: '\0' })),
    'NUL in the id of a session': () => send('/api/auth/revoke-session', json({ id: '\0' })),
  };
  it.each(Object.entries(accounts))('is the caller’s mistake: %s', async (_, make) => {
    const response = await make();
    const text = await response.text();
    expect([response.status, text]).toEqual([400, expect.anything()]);
    expect(text).not.toContain('ID_TAKEN');
    expect(api.logged.join('\n')).not.toMatch(/insert into|update "|select "|@example\.com/);
  });

  it('is logged with its error class, so that an operator sees which check is missing', async () => {
    await inspect(
      api.database.superuserUrl,
      `create function refuse() returns trigger language plpgsql as $$ begin raise 'invalid byte sequence' using errcode = '22021'; end $$;
       create trigger refuse_now before update on "user" for each row execute function refuse()`,
    );
    const response = await send('/api/auth/update-user', json({ name: 'Ben' }));
    expect(response.status).toBe(400);
    expect(api.logged).toEqual([expect.stringMatching(/^PostgresError 22021: /)]);
  });
});
