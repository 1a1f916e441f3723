import { randomUUID } from 'node:crypto';
import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { credentialKinds, type Person, plain, startTestApi, type TestApi } from '../testing/api.ts';
import { call, outcomeOf } from '../testing/procedures.ts';

const AT_ONCE = 50;

/** Changes are slow in this database, so that concurrent ones overlap. */
let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  const run = (text: string) => inspect(api.database.superuserUrl, text);
  await run('create function linger() returns trigger language plpgsql as $$ begin perform pg_sleep(0.005); return coalesce(new, old); end $$');
  await run('create trigger tasks_99_linger before insert or update or delete on tasks for each row execute function linger()');
});
afterAll(() => api[Symbol.asyncDispose]());

const times = <Result>(count: number, make: (index: number) => Result): Result[] => Array.from({ length: count }, (_, index) => make(index));

/** The number of responses by outcome: 'ok' or the reason. */
async function outcomes(calls: Promise<Response>[]): Promise<Record<string, number>> {
  const found = await Promise.all(calls.map(async (response) => outcomeOf(await response)));
  return Object.fromEntries([...Map.groupBy(found, (outcome) => outcome)].map(([outcome, { length }]) => [outcome, length]));
}

const taskOf = async ({ client }: Person) => (await client.jwt.tasks.create.mutate({ title: 'Buy milk' })).id;
const calling =
  ({ headers }: Person) =>
  (verb: string, input: object) =>
    call(api, `tasks.${verb}`, input, headers.jwt);

/** The counts of the API, and those of the rows. */
async function countsOf({ client, userId }: Person) {
  const text = `select (count(*) filter (where completed_at is null))::int as open, count(completed_at)::int as completed from tasks where user_id = '${userId}'`;
  const [counted] = await inspect(api.database.superuserUrl, text);
  return { reported: await client.jwt.tasks.counts.query(), counted };
}

it('lets exactly one of many edits with the same expected version win', async () => {
  const person = await api.signUp();
  const id = await taskOf(person);
  const send = calling(person);
  expect(await outcomes(times(AT_ONCE, (i) => send('edit', { id, title: `Title ${i}`, expectedVersion: 1 })))).toEqual({
    ok: 1,
    VERSION_CONFLICT: AT_ONCE - 1,
  });
  const after = await person.client.jwt.tasks.get.query({ id });
  expect(after.version).toBe(2);
  expect(after.title).toMatch(/^Title \d+$/);
});

it('applies every one of many edits without an expected version', async () => {
  const person = await api.signUp();
  const id = await taskOf(person);
  const answers = await Promise.all(times(AT_ONCE, (i) => person.client.jwt.tasks.edit.mutate({ id, title: `Title ${i}` })));
  expect(answers.map(({ version }) => version).sort((a, b) => a - b)).toEqual(times(AT_ONCE, (i) => i + 2));
  const last = answers.map(plain).find(({ version }) => version === AT_ONCE + 1);
  expect(await person.client.jwt.tasks.get.query({ id })).toEqual(last);
});

it('keeps both halves when one edit changes the title and another the description', async () => {
  const person = await api.signUp();
  const id = await taskOf(person);
  const send = calling(person);
  await Promise.all(times(AT_ONCE, (i) => send('edit', { id, ...(i % 2 ? { title: 'New title' } : { description: 'New text' }) })));
  expect(await person.client.jwt.tasks.get.query({ id })).toMatchObject({ title: 'New title', description: 'New text', version: 3 });
});

it('makes one task of many creates with one id and one content', async () => {
  const person = await api.signUp();
  const input = { id: randomUUID(), title: 'Buy milk', description: 'two bottles' };
  const answers = await Promise.all(times(AT_ONCE, () => person.client.jwt.tasks.create.mutate(input)));
  expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toHaveLength(1);
  expect(answers[0]).toMatchObject({ ...input, version: 1 });
  expect(await countsOf(person)).toEqual({ reported: { open: 1, completed: 0 }, counted: { open: 1, completed: 0 } });
});

it('lets one of many creates with one id and different contents win', async () => {
  const person = await api.signUp();
  const id = randomUUID();
  const send = calling(person);
  expect(await outcomes(times(AT_ONCE, (i) => send('create', { id, title: `Title ${i}` })))).toEqual({ ok: 1, ID_TAKEN: AT_ONCE - 1 });
  expect(await person.client.jwt.tasks.get.query({ id })).toMatchObject({ version: 1, description: '' });
  expect(await countsOf(person)).toEqual({ reported: { open: 1, completed: 0 }, counted: { open: 1, completed: 0 } });
});

it('lets one of many removes win, and counts it once', async () => {
  const person = await api.signUp();
  const id = await taskOf(person);
  const send = calling(person);
  expect(await outcomes(times(AT_ONCE, () => send('remove', { id })))).toEqual({ ok: 1, TASK_NOT_FOUND: AT_ONCE - 1 });
  expect(await countsOf(person)).toEqual({ reported: { open: 0, completed: 0 }, counted: { open: 0, completed: 0 } });
});

it('completes a task once, however many ask for it', async () => {
  const person = await api.signUp();
  const id = await taskOf(person);
  const answers = await Promise.all(times(AT_ONCE, () => person.client.jwt.tasks.complete.mutate({ id })));
  expect(new Set(answers.map(({ version, completedAt }) => `${version} ${completedAt}`))).toHaveLength(1);
  expect(answers[0]?.version).toBe(2);
});

it('lets either a remove or an edit of one version win, never both', async () => {
  const person = await api.signUp();
  const send = calling(person);
  const rounds = await Promise.all(
    times(AT_ONCE, async (i) => {
      const id = await taskOf(person);
      const edit = send('edit', { id, title: 'Edited', expectedVersion: 1 });
      const remove = send('remove', { id, expectedVersion: 1 });
      const won = await outcomes(i % 2 ? [edit, remove] : [remove, edit]);
      const left = await call(api, 'tasks.get', { id }, person.headers.jwt);
      return { won, edited: (await edit).ok, left: left.status };
    }),
  );
  for (const { won, edited, left } of rounds) {
    expect(won).toEqual(edited ? { ok: 1, VERSION_CONFLICT: 1 } : { ok: 1, TASK_NOT_FOUND: 1 });
    expect(left).toBe(edited ? 200 : 404);
  }
});

it('keeps the counts equal to the rows through any mix of changes', async () => {
  const [person, other] = await Promise.all([api.signUp(), api.signUp()]);
  const ids = await Promise.all(times(10, () => taskOf(person)));
  await taskOf(other);
  const send = calling(person);
  const verbs = ['complete', 'reopen', 'complete', 'reopen', 'complete', 'remove'];
  const changes = verbs.flatMap((verb) => ids.slice(verb === 'remove' ? 7 : 0).flatMap((id) => times(3, () => () => send(verb, { id }))));
  const creates = times(20, () => () => send('create', { title: 'More' }));
  const shuffled = [...changes, ...creates].map((run, i) => ({ run, at: (i * 7919) % 211 })).sort((a, b) => a.at - b.at);
  const won = await outcomes(shuffled.map(({ run }) => run()));
  expect(Object.keys(won).sort()).toEqual(['TASK_NOT_FOUND', 'ok']);
  const { reported, counted } = await countsOf(person);
  expect(reported).toEqual(counted);
  expect(reported.open + reported.completed).toBe(27);
  expect((await countsOf(other)).reported).toEqual({ open: 1, completed: 0 });
});

it('never mixes up users whose requests arrive together', async () => {
  const people = await Promise.all(['A', 'B', 'C', 'D'].map((name) => api.signUp(name)));
  await Promise.all(people.map(({ client, userId }) => client.jwt.tasks.create.mutate({ title: userId })));
  const calls = people.flatMap((person) => credentialKinds.flatMap((kind) => Array.from({ length: 25 }, () => ({ person, kind }))));
  const titles = await Promise.all(
    calls.map(async ({ person, kind }) => (await person.client[kind].tasks.list.query({ search: '-' })).items.map(({ title }) => title)),
  );
  expect(titles).toEqual(calls.map(({ person }) => [person.userId]));
});
