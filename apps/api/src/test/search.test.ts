import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

describe('search', () => {
  const titles = ['100% sure', '100 percent', 'snake_case', 'snakeXcase', 'back\\slash', 'back/slash', 'Écrire à Zoë', 'plain'];
  const found: [string, string[]][] = [
    ['%', ['100% sure']],
    ['0%', ['100% sure']],
    ['_', ['snake_case']],
    ['\\', ['back\\slash']],
    ['\\%', []],
    ['écrire À zOË', ['Écrire à Zoë']],
    ['SURE', ['100% sure']],
    ['in the notes', ['plain']],
    ['  notes   PLÁIN ', ['plain']],
    ['plain sure', []],
    ["'", []],
    [' \u200b', titles],
    ['', titles],
  ];
  it.each(found)('for %j finds every word, taken literally but for case and accents, in the title or the description', async (search, expected) => {
    const { tasks } = (await api.signUp()).client.jwt;
    for (const title of titles) await tasks.create.mutate({ title, description: title === 'plain' ? 'In the NOTES' : '' });
    const { items } = await tasks.list.query({ search, sort: 'created', order: 'asc' });
    expect(items.map(({ title }) => title)).toEqual(expected);
  });
});
