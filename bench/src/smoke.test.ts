import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { check } from './check.ts';
import { saturate } from './closed-loop.ts';
import { atRate } from './open-loop.ts';
import { type Call, type Operation, operations, readIds, type TaskIds } from './operations.ts';
import { pairsOf, runRounds } from './run.ts';
import { type Stage, serverNames, setStage } from './stage.ts';
import { type HttpRequest, type Target, targets } from './target.ts';

const quiet = () => {};
const cleanUp = new AsyncDisposableStack();
let stage: Stage;
let ids: TaskIds;

beforeAll(async () => {
  const { binDir } = inject('postgres');
  stage = await setStage(cleanUp, { servers: serverNames, owners: 1, tasksPerOwner: 1_000, extraOwners: [10_000], poolSize: 2, binDir }, quiet);
  const people = [...stage.readers, ...stage.writers];
  ids = await readIds(stage.rows.ours, people, 2);
  await stage.renew([...people, ...stage.extra.values()]);
});
afterAll(() => cleanUp.disposeAsync(), 60_000);

const pairs = pairsOf(operations, targets).map(({ operation, target }) => [operation.name, target.name, operation, target] as const);

function firstCall(operation: Operation): Call {
  const [person] = operation.people(stage);
  const [call] = person ? operation.calls(person, ids.get(person) ?? [], 'a test') : [];
  if (!call) throw new Error(`${operation.name} has no call.`);
  return call;
}

const ask = (target: Target, operation: Operation, expected = operation.expected) =>
  check(stage.servers[target.server]?.url ?? '', target, { ...operation, expected }, firstCall(operation), stage.rows[target.server]);

describe.each(pairs)('%s by %s', (_name, _target, operation, target) => {
  it('returns what the database contains', () => ask(target, operation));

  it('fails the check if its titles, actions or counts differ', async () => {
    const rewritten: Target = {
      ...target,
      unwrap: (answer) =>
        JSON.parse(JSON.stringify(target.unwrap(answer), (key, value) => (['title', 'action', 'open'].includes(key) ? `not ${value}` : value))),
    };
    await expect(ask(rewritten, operation)).rejects.toThrow(`${target.name}: wrong answer to ${operation.name}: it differs from the database`);
  });
});

it('an answer with an additional task fails the check', async () => {
  const [target] = targets;
  const [list] = operations;
  if (!target || !list) throw new Error('There is nothing to measure.');
  const longer: Target = { ...target, request: (call) => target.request({ ...call, input: { limit: 21 } }) };
  await expect(ask(longer, list)).rejects.toThrow('it differs from the database');
});

it('a round measures rate, response size and CPU time', async () => {
  const measured = pairsOf(
    operations.filter(({ name }) => name === 'get'),
    targets.slice(0, 1),
  );
  const plan = { connections: 2, poolSize: 2, rounds: 1, latencyRounds: 0, seconds: 1, idsPerPerson: 2 };
  const samples = await runRounds(stage, measured, plan, quiet);
  expect(samples.get('get ours')).toMatchObject([{ perSecond: expect.any(Number), bytes: expect.any(Number) }]);
});

it.each([
  ['saturation', (url: string, request: HttpRequest) => saturate(url, [[request]], 1), 'error responses'],
  ['a constant rate', (url: string, request: HttpRequest) => atRate(url, [[request]], 20, 0.2), 'requests failed'],
])('under %s an answer that is no success ends the run', async (_, measure, complaint) => {
  const [target] = targets;
  const [list] = operations;
  if (!target || !list) throw new Error('There is nothing to measure.');
  const anonymous = { ...target.request(firstCall(list)), headers: {} };
  await expect(measure(stage.servers.ours?.url ?? '', anonymous)).rejects.toThrow(complaint);
});
