import { randomUUID } from 'node:crypto';
import { CALL_MAX_MS, LONG_CALL_MAX_MS, type Procedure, procedures } from '@todo/contract';
import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Person, startTestApi, type TestApi } from '../testing/api.ts';

const DEFAULT = '10s';
const LONG = '2min';

let api: TestApi;
let ada: Person;
beforeAll(async () => {
  api = await startTestApi();
  ada = await api.signUp();
  // Records the time limit of each statement that inserts a task.
  const body = `begin insert into public.told values (new.title, current_setting('statement_timeout')); return new; end`;
  await sql('create table told (title text, time_limit text)');
  await sql(`create function tell_limit() returns trigger language plpgsql security definer as $$ ${body} $$`);
  await sql('create trigger tasks_00_tell before insert on tasks for each row execute function tell_limit()');
});
afterAll(() => api[Symbol.asyncDispose]());

const sql = (text: string) => inspect(api.database.superuserUrl, text);
/** The time limits with which tasks of this title were inserted, in order. */
const limits = async (title: string) => (await sql(`select time_limit from told where title = '${title}'`)).map(({ time_limit }) => time_limit);

it('are declared by the procedures that have a longer one', () => {
  const declared = Object.entries(procedures).flatMap(([group, members]) =>
    Object.entries<Procedure>(members).flatMap(([name, { timeLimitMs }]) => (timeLimitMs === undefined ? [] : [[`${group}.${name}`, timeLimitMs]])),
  );
  const long = ['tasks.import', 'labels.rename', 'labels.remove', 'lists.remove', 'lists.import', 'history.rewind', 'history.undo'];
  expect(declared).toEqual(long.map((path) => [path, LONG_CALL_MAX_MS]));
  expect(LONG_CALL_MAX_MS).toBeGreaterThan(CALL_MAX_MS);
});

it('are those of the statements, for every declared one and for the others', async () => {
  const { tasks, history } = ada.client.jwt;
  const { id } = await tasks.create.mutate({ title: 'created' });
  await tasks.import.mutate({ tasks: [{ id: randomUUID(), title: 'imported' }] });
  const mutationId = randomUUID();
  await tasks.remove.mutate({ id, mutationId });
  await history.undo.mutate({ of: { mutationId } });
  await tasks.remove.mutate({ id });
  await tasks.restore.mutate({ id });
  const { seq } = await tasks.remove.mutate({ id });
  await history.rewind.mutate({ to: seq - 1 });
  expect(await limits('imported')).toEqual([LONG]);
  expect(await limits('created')).toEqual([DEFAULT, LONG, DEFAULT, LONG]);
});
