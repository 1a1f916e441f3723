import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { describeRun } from './about.ts';
import { check } from './check.ts';
import { load, missingTool } from './load.ts';
import { pairsOf, runRounds } from './measure.ts';
import { type Call, type Operation, operations, readIds, type TaskIds } from './operations.ts';
import { type HttpRequest, type Target, targets } from './target.ts';
import { comparisons, startTestBed, type TestBed } from './testbed.ts';

const quiet = () => {};
const missing = missingTool(process.env);
if (missing !== undefined) console.log(`Skipped the tests that put load on the servers: ${missing}`);

const cleanUp = new AsyncDisposableStack();
let bed: TestBed;
let ids: TaskIds;

beforeAll(async () => {
  const { binDir } = inject('postgres');
  const group = { people: 1, tasks: 100 };
  const groups = { readers: group, writers: group, large: group, planners: { ...group, due: 'once' as const }, repeaters: { ...group, due: 'daily' as const } };
  bed = await startTestBed(cleanUp, { comparisons, groups, poolSize: 2, binDir }, quiet);
  const people = Object.keys(groups).flatMap(bed.people);
  ids = await readIds(bed.rows.ours, people, 2);
  await bed.renew(people);
});
afterAll(() => cleanUp.disposeAsync());

const pairs = pairsOf(operations, targets).map(({ operation, target }) => [operation.name, target.name, operation, target] as const);

function firstCall(operation: Operation): Call {
  const [person] = bed.people(operation.group);
  const [call] = person ? operation.calls(person, ids.get(person) ?? [], 'a test') : [];
  if (!call) throw new Error(`${operation.name} has no call.`);
  return call;
}

const ask = (target: Target, operation: Operation, expected = operation.expected) =>
  check(bed.server(target.server).url, target, { ...operation, expected }, firstCall(operation), bed.rows[target.server]);

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

/** The list by JWT from the product. */
function listOfOurs(): { target: Target; operation: Operation; request: HttpRequest; url: string } {
  const [target] = targets;
  const [operation] = operations;
  if (!target || !operation) throw new Error('There is nothing to measure.');
  return { target, operation, request: target.request(firstCall(operation)), url: bed.server(target.server).url };
}

it('an answer with an additional task fails the check', async () => {
  const { target, operation } = listOfOurs();
  const longer: Target = { ...target, request: (call) => target.request({ ...call, input: { limit: 21 } }) };
  await expect(ask(longer, operation)).rejects.toThrow('it differs from the database');
});

it('the results say which versions of the compared packages were measured', async () => {
  const { versions } = await describeRun(bed.rows.ours, []);
  expect([versions['better-auth'], versions.fastify]).toEqual([expect.stringMatching(/^\d+\./), expect.stringMatching(/^\d+\./)]);
});

it('without the load generator, the command says what to install', () => {
  expect(missingTool({ PATH: '' })).toMatch(/^pnpm bench needs .* "apt-get install wrk"$/);
});

/** A server that answers every request with the status 200 and this body. */
async function answering(body: string): Promise<AsyncDisposable & { url: string }> {
  const server = createServer((_, response) => response.end(body)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return { url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: async () => void server.close() };
}

describe.skipIf(missing !== undefined)('under load', { concurrent: true }, () => {
  const options = { connections: 2, seconds: 1 };

  it('a round measures rate, size and CPU time of the answers to a change with a body', async () => {
    const measured = pairsOf(
      operations.filter(({ name }) => name === 'edit'),
      targets.slice(0, 1),
    );
    const samples = await runRounds(bed, measured, { ...options, rounds: 1, warmUpSeconds: 1, idsPerPerson: 2 }, quiet);
    const [sample] = samples.get('edit ours') ?? [];
    expect(sample?.perSecond).toBeGreaterThan(1);
    expect(sample?.bytes).toBeGreaterThan(200);
    expect(sample?.serverCpu).toBeGreaterThan(1);
    expect(sample?.databaseCpu).toBeGreaterThan(1);
  });

  it('a pause between requests limits their rate', async () => {
    const { url, request } = listOfOurs();
    expect((await load(url, [request], { ...options, pause: 100 })).requests).toBeLessThan(60);
  });

  it('one error answer among others ends the run', async () => {
    const { url, request } = listOfOurs();
    const anonymous = { ...request, headers: {} };
    await expect(load(url, [...Array(9).fill(request), anonymous], options)).rejects.toThrow('error answers, the last: 401 {"error"');
  });

  it.each([
    ['is empty', ''],
    ['holds an error', '{"error":{"message":"no"}}'],
  ])('an answer with status 200 that %s ends the run', async (_, body) => {
    await using server = await answering(body);
    await expect(load(server.url, [{ method: 'GET', path: '/', headers: {} }], options)).rejects.toThrow(`error answers, the last: 200 ${body}`);
  });
});
