import { randomUUID } from 'node:crypto';
import { CHANGED_MAX_BYTES } from '@todo/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { json, type Person, startTestApi, type TestApi } from '../testing/api.ts';

/** As many code points as a description may have; each takes three bytes, or six as an escape in JSON. */
const texts = { letters: '€'.repeat(10_000), escapes: '\u0001'.repeat(10_000) };

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

/** A user with this many tasks, and their ids. */
async function withTasks(n: number, description: string): Promise<[Person, string[]]> {
  const person = await api.signUp();
  const ids: string[] = [];
  for (let i = 0; i < n; i += 10) {
    const tasks = Array.from({ length: Math.min(10, n - i) }, () => ({ title: 'Buy milk', description }));
    ids.push(...(await person.client.jwt.tasks.createMany.mutate({ tasks })).tasks.map(({ id }) => id));
  }
  return [person, ids];
}

const refused = { data: { reason: 'TOO_LARGE', httpStatus: 413 } };

describe.each(Object.entries(texts))('tasks.completeMany, of texts of %s,', (_, description) => {
  it('answers as long as the answer is within its size, and otherwise changes nothing', async () => {
    const [person, ids] = await withTasks(20, description);
    const { tasks } = person.client.jwt;
    const fitting = Math.floor(CHANGED_MAX_BYTES / (Buffer.byteLength(JSON.stringify(description)) + 400));
    await expect(tasks.completeMany.mutate({ ids })).rejects.toMatchObject(refused);
    await expect(tasks.completeMany.mutate({ ids: ids.slice(0, fitting + 1) })).rejects.toMatchObject(refused);
    expect(await tasks.counts.query()).toEqual({ open: 20, completed: 0 });
    const answer = await tasks.completeMany.mutate({ ids: ids.slice(0, fitting) });
    expect(answer.tasks).toHaveLength(fitting);
    expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThanOrEqual(CHANGED_MAX_BYTES);
  });
});

it('with a mutation id it is refused each time, and the id stays free', async () => {
  const [person, ids] = await withTasks(500, 'a'.repeat(700));
  const { tasks } = person.client.jwt;
  const input = { ids, mutationId: randomUUID() };
  for (const _ of [1, 2]) await expect(tasks.completeMany.mutate(input)).rejects.toMatchObject(refused);
  expect(await tasks.counts.query()).toEqual({ open: 500, completed: 0 });
  const fewer = { ids: ids.slice(0, 250), mutationId: input.mutationId };
  expect((await tasks.completeMany.mutate(fewer)).tasks).toHaveLength(250);
});

it('in a batch, each tasks.completeMany has its share; a retry that exceeds it is told that it was applied', async () => {
  const [person, ids] = await withTasks(15, texts.letters);
  const { tasks } = person.client.jwt;
  const calls = 10;
  const path = `/trpc/${Array(calls).fill('tasks.completeMany').join()}?batch=1`;
  const batch = async (body: object) => (await person.fetch(path, { ...json(Object.fromEntries(Array.from({ length: calls }, (_, i) => [i, body]))) })).json();
  const input = { ids, mutationId: randomUUID() };
  expect(await batch(input)).toMatchObject(Array(calls).fill({ error: refused }));
  expect(await tasks.counts.query()).toEqual({ open: 15, completed: 0 });
  const first = await tasks.completeMany.mutate(input);
  expect(first.tasks.every(({ completedAt }) => completedAt !== null)).toBe(true);
  expect(await batch(input)).toMatchObject(Array(calls).fill({ error: { data: { reason: 'ALREADY_APPLIED', seq: first.seq } } }));
  expect(await tasks.completeMany.mutate(input)).toEqual(first);
});
