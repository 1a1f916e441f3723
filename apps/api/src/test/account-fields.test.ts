import { randomUUID } from 'node:crypto';
import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BASE_URL, json, PASSWORD, type Person, startTestApi, type TestApi } from '../testing/api.ts';

let api: TestApi;
let person: Person;
beforeAll(async () => {
  api = await startTestApi();
  person = await api.signUp();
});
afterAll(() => api[Symbol.asyncDispose]());

const IMAGE = 'https://example.com/';
const imageOf = (length: number) => `${IMAGE}${'a'.repeat(length - IMAGE.length)}`;

const signUp = (fields: object) =>
  api.fetch('/api/auth/sign-up/email', json({ name: 'Ada', email: `${randomUUID()}@example.com`, password: PASSWORD, ...fields }));
const update = (fields: object) => person.fetch('/api/auth/update-user', { ...json(fields), headers: { ...json('').headers, origin: BASE_URL } });
const stored = async () => (await inspect(api.database.superuserUrl, `select name, image from "user" where id = '${person.userId}'`))[0];

async function expectRefusal(response: Response, field: string): Promise<void> {
  expect([response.status, await response.json()]).toMatchObject([
    400,
    { error: { data: { reason: 'INVALID_INPUT', fields: { [field]: [expect.any(String)] } } } },
  ]);
}

const bad: [string, string, unknown][] = [
  ['name', 'of 201 characters', 'n'.repeat(201)],
  ['name', 'that is a number', 5],
  ['name', 'that is a list', ['Ada']],
  ['name', 'that is null', null],
  ['name', 'with a NUL', 'a\0b'],
  ['name', 'with half a character', '\ud800'],
  ['image', 'of 2,049 characters', imageOf(2_049)],
  ['image', 'that is a number', 5],
  ['image', 'that is a script', 'javascript:alert(1)'],
  ['image', 'that is data', 'data:text/html,x'],
  ['image', 'that is a path', '/ada.png'],
  ['image', 'that is empty', ''],
  ['image', 'with a NUL', `${IMAGE}\0`],
];

describe.each(['sign-up', 'update-user'])('at %s', (path) => {
  const send = (fields: object) => (path === 'sign-up' ? signUp(fields) : update(fields));

  it.each(bad)('a field %s %s is refused by its name', async (field, _, value) => {
    const before = await stored();
    await expectRefusal(await send({ [field]: value }), field);
    expect(await stored()).toEqual(before);
    expect(api.logged).toEqual([]);
  });

  it('a name of 200 characters and an image of 2,048 are taken', async () => {
    expect((await send({ name: '\u{1f600}'.repeat(200), image: imageOf(2_048) })).status).toBe(200);
  });
});

it('an e-mail address has at most 254 characters', async () => {
  const [longest, tooLong] = [254, 255].map((length) => `${'a'.repeat(60)}@${`${'b'.repeat(60)}.`.repeat(3)}${'c'.repeat(length - 244 - 4)}.com`);
  expect([longest?.length, tooLong?.length]).toEqual([254, 255]);
  expect((await signUp({ email: longest })).status).toBe(200);
  for (const email of [tooLong, 5, null, `a\0${randomUUID()}@example.com`]) await expectRefusal(await signUp({ email }), 'email');
});

it('an image can be removed', async () => {
  expect((await update({ image: imageOf(100) })).status).toBe(200);
  expect((await update({ image: null })).status).toBe(200);
  expect(await stored()).toMatchObject({ image: null });
});

it('the database refuses what is too long, whoever writes it', async () => {
  const set = (assignment: string) => inspect(api.database.superuserUrl, `update "user" set ${assignment} where id = '${person.userId}'`);
  await expect(set(`name = repeat('n', 201)`)).rejects.toThrow('user_name_length');
  await expect(set(`email = repeat('e', 255)`)).rejects.toThrow('user_email_length');
  await expect(set(`image = repeat('i', 2049)`)).rejects.toThrow('user_image_length');
});
