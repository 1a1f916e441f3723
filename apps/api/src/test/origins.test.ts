import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BASE_URL, type Person, startTestApi, type TestApi } from '../testing/api.ts';
import { call, outcomeOf } from '../testing/procedures.ts';

const FRIEND = 'https://app.example';
const strangers = [
  'https://evil.example',
  'null',
  '',
  'http://localhost:3001',
  'https://localhost:3000',
  'http://localhost:3000.evil.example',
  'https://app.example.evil.example',
];

let api: TestApi;
let person: Person;
let other: Person;
beforeAll(async () => {
  api = await startTestApi({ trustedOrigins: [FRIEND] });
  [person, other] = [await api.signUp(), await api.signUp()];
});
afterAll(() => api[Symbol.asyncDispose]());

/** The outcomes of a query and a mutation. */
const outcomes = async (headers: Record<string, string>) => [
  await outcomeOf(await call(api, 'tasks.list', undefined, headers)),
  await outcomeOf(await call(api, 'tasks.create', { title: 'From a page' }, headers)),
];
const served = ['ok', 'ok'];
const refused = ['UNAUTHENTICATED', 'UNAUTHENTICATED'];

describe('a visitor’s cookie', () => {
  it.each(strangers)('proves nothing when a page of %j sends it', async (origin) => {
    expect(await outcomes({ ...person.headers.cookie, origin })).toEqual(refused);
  });

  it.each([BASE_URL, FRIEND])('counts when a page of %s sends it', async (origin) => {
    expect(await outcomes({ ...person.headers.cookie, origin })).toEqual(served);
  });

  it('counts when a program sends it, which names no origin', async () => {
    expect(await outcomes(person.headers.cookie)).toEqual(served);
  });
});

describe.each(['bearer', 'jwt'] as const)('a %s', (kind) => {
  it('counts whatever page sends it: no browser adds it by itself', async () => {
    for (const origin of strangers) expect(await outcomes({ ...person.headers[kind], origin })).toEqual(served);
  });

  it('counts beside the same person’s cookie, and not beside another’s', async () => {
    expect(await outcomes({ ...person.headers.cookie, ...person.headers[kind] })).toEqual(served);
    expect(await outcomes({ ...other.headers.cookie, ...person.headers[kind] })).toEqual(refused);
  });
});
