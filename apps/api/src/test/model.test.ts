import { inspect } from '@todo/db/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { credentialKinds, type Person, startTestApi } from '../testing/api.ts';
import type { Call } from '../testing/model/call.ts';
import { createRandom } from '../testing/model/random.ts';
import { Referee } from '../testing/model/referee.ts';
import { anyCall, Desk, type Made } from '../testing/model/writers.ts';

const api = await startTestApi({ acquireTimeout: 60_000 });
afterAll(() => api[Symbol.asyncDispose]());

const WRITERS = 20;
/** `TODO_MODEL=5000` makes 5,000 calls with a random seed, which is in the name of the test; `TODO_MODEL=5000,7` uses seed 7. */
const [calls = 0, seed = Date.now() % 1_000_000] = (process.env.TODO_MODEL ?? '').split(',').filter(Boolean).map(Number);
const runs =
  calls > 0
    ? [[seed, calls]]
    : [
        [1, 300],
        [2, 300],
      ];

type Client = Person['client']['jwt'];

/** The events after a position, oldest first. */
async function historySince({ history }: Client, seq: number) {
  const events: Awaited<ReturnType<typeof history.list.query>>['items'] = [];
  for (let cursor: string | null | undefined; cursor !== null && (events.at(-1)?.seq ?? Number.POSITIVE_INFINITY) > seq + 1; ) {
    const page: Awaited<ReturnType<typeof history.list.query>> = await history.list.query({ limit: 200, cursor });
    events.push(...page.items);
    cursor = page.nextCursor;
  }
  return events.filter((event) => event.seq > seq).reverse();
}

/** All lists and tasks by id. */
async function everythingOf({ lists, tasks }: Client) {
  const pages = [await lists.list.query({ limit: 200 }), await tasks.list.query({ limit: 200 })];
  for (const { nextCursor } of pages) expect(nextCursor).toBeNull();
  return pages.flatMap(({ items }): (typeof items)[number][] => items).sort((a, b) => (a.id < b.id ? -1 : 1));
}

type Done = Omit<Made, 'outcome'> & { answer: { seq: number } };

/** Sorts calls by log position. Calls without events follow the call that ended at the same position. */
function inOrder(made: Made[], referee: Referee): Done[] {
  const rank = ({ call }: Done) => (referee.eventsOf(call).length > 0 ? 0 : 1);
  return made
    .flatMap(({ outcome, ...rest }) => ('answer' in outcome ? [{ ...rest, answer: outcome.answer }] : []))
    .sort((a, b) => a.answer.seq - b.answer.seq || rank(a) - rank(b));
}

/** A refused call has no position. It must be correct at some position between the responses before it and the calls after it. */
function expectRefusals(made: Made[], done: Done[], referee: Referee): void {
  for (const { call, known, ended, outcome } of made) {
    if ('answer' in outcome) continue;
    const until = Math.min(...done.filter(({ began }) => began > ended).map(({ answer }) => answer.seq), referee.end);
    expect(referee.refusals(call, known, until), JSON.stringify(call)).toContain(outcome.reason);
  }
}

/** The rows of task_labels are the labels of the tasks. */
async function expectLabels({ userId }: Person): Promise<void> {
  const rows = (text: string) => inspect(api.database.superuserUrl, `${text} order by 1, 2`);
  const stored = await rows(`select task_id, name, name_key from task_labels where user_id = '${userId}'`);
  expect(stored).toEqual(await rows(`select id as task_id, name, lower(name) as name_key from tasks, unnest(labels) name where user_id = '${userId}'`));
  expect(stored.length).toBeGreaterThan(0);
}

describe('20 writers of one owner', () => {
  it.each(runs)(
    'get what a model answers that takes their calls in the order of the log: seed %i, %i calls',
    async (seed, calls) => {
      const person = await api.signUp();
      const client = person.client.jwt;
      const random = createRandom(seed);
      const desk = new Desk(api, random);
      const write = async (_: unknown, i: number) => {
        const own = createRandom(seed * 1_000 + i);
        const credential = person.headers[own.one(credentialKinds)];
        for (let n = 0; n < calls / WRITERS; n += 1) await desk.make(anyCall(own, desk), credential);
      };
      await Promise.all(Array.from({ length: WRITERS }, write));

      const referee = new Referee(await historySince(client, 0));
      const done = inOrder(desk.made, referee);
      referee.register(done.map(({ call }) => call));
      for (const { call, known, answer } of done) {
        expect(answer.seq).toBeGreaterThanOrEqual(known);
        referee.apply(call, answer);
      }
      referee.expectAll(await everythingOf(client));
      await expectLabels(person);
      expectRefusals(desk.made, done, referee);
      expect(done.length).toBeGreaterThan(calls / 3);
      expect(await api.database.verifyLog(person.userId)).not.toHaveProperty('fault');

      const named = done.filter(({ call }) => call.input.mutationId);
      for (const { call, answer } of random.some(named, 60)) expect(await desk.send(call, person.headers.jwt), JSON.stringify(call)).toEqual({ answer });
      const { end } = referee;
      for (let i = 0; i < 20; i += 1) {
        const to = random.below(end + 1);
        const trial: Call = { path: 'history.rewind', input: { to, dryRun: true } };
        referee.apply(trial, await client.history.rewind.mutate(trial.input));
        const rewind: Call = { path: 'history.rewind', input: { to, mutationId: random.uuid() } };
        const answer = await client.history.rewind.mutate(rewind.input);
        referee.add(await historySince(client, referee.end));
        referee.apply(rewind, answer);
        const found = await everythingOf(client);
        referee.expectAll(found);
        referee.expectContents(found, to);
      }
      await expectLabels(person);
      expect(await api.database.verifyLog(person.userId)).not.toHaveProperty('fault');
    },
    calls > 0 ? 3_600_000 : 120_000,
  );
});
