import { check } from './check.ts';
import { cpuDuring } from './cpu.ts';
import { type Answers, type LoadOptions, load } from './load.ts';
import { type Operation, readIds, type TaskIds } from './operations.ts';
import type { ServerProcess } from './process.ts';
import type { HttpRequest, Target } from './target.ts';
import type { OnProgress, TestBed } from './testbed.ts';

/** One operation on one target. */
export interface Pair {
  operation: Operation;
  target: Target;
}

export interface Plan extends LoadOptions {
  rounds: number;
  /** How long each target answers requests before its first round. */
  warmUpSeconds: number;
  /** Tasks per user for requests on single tasks. */
  idsPerPerson: number;
}

/** One round of one pair. */
export interface Sample extends Answers {
  /** CPU time per request, in µs. */
  serverCpu: number;
  databaseCpu: number;
  generatorCpu: number;
  /** CPU usage of other programs, in percent of the machine's processors. */
  others: number;
}

export type Samples = Map<string, Sample[]>;

export const nameOf = ({ operation, target }: Pair) => `${operation.name} ${target.name}`;

export const pairsOf = (operations: Operation[], targets: Target[]): Pair[] =>
  operations.flatMap((operation) => targets.filter(({ server }) => server === 'ours' || !operation.oursAlone).map((target) => ({ operation, target })));

export const readAllIds = (bed: TestBed, pairs: Pair[], perPerson: number) =>
  readIds(bed.rows.ours, [...new Set(pairs.flatMap(({ operation }) => bed.people(operation.group)))], perPerson);

/** The first item of each list, then the second of each, and so on. */
export function inTurn<T>(lists: readonly (readonly T[])[]): T[] {
  const longest = Math.max(...lists.map(({ length }) => length));
  return Array.from({ length: longest }, (_, turn) => lists.flatMap((list) => list.slice(turn, turn + 1))).flat();
}

/** The requests of all users in turn, so that one user rarely has two at the same time. */
export async function requestsOf(bed: TestBed, { operation, target }: Pair, ids: TaskIds, salt: string): Promise<HttpRequest[]> {
  const people = bed.people(operation.group);
  if (target.server === 'ours') await bed.renew(people);
  const ofPerson = people.map((person) => operation.calls(person, ids.get(person) ?? [], salt).map((call) => target.request(call)));
  return inTurn(ofPerson);
}

/** Puts load on instances of one server, which share requests and connections, and measures what an answer costs. */
export async function measure(bed: TestBed, servers: readonly ServerProcess[], requests: readonly HttpRequest[], options: LoadOptions): Promise<Sample> {
  const connections = options.connections / servers.length;
  const share = (n: number) => requests.filter((_, i) => i % servers.length === n);
  const pids = servers.map(({ pid }) => pid);
  const run = () => Promise.all(servers.map(({ url }, n) => load(url, share(n), { ...options, connections })));
  const { result, cpu } = await cpuDuring(pids, bed.postgres.pid, run);
  const sum = (of: (answers: Answers) => number) => result.reduce((total, answers) => total + of(answers), 0);
  const worst = (of: (answers: Answers) => number) => Math.max(...result.map(of));
  const count = sum((each) => each.requests);
  return {
    requests: count,
    perSecond: sum((each) => each.perSecond),
    bytes: sum((each) => each.bytes) / count,
    p50: worst(({ p50 }) => p50),
    p95: worst(({ p95 }) => p95),
    p99: worst(({ p99 }) => p99),
    serverCpu: cpu.server / count,
    databaseCpu: cpu.database / count,
    generatorCpu: cpu.generator / count,
    others: cpu.others,
  };
}

/** For three users, compares one answer to each kind of call with the database. Throws if one is wrong. */
async function checkAll(bed: TestBed, pairs: Pair[], ids: TaskIds, onProgress: OnProgress): Promise<void> {
  for (const [i, { operation, target }] of pairs.entries()) {
    onProgress('checking answers', i / pairs.length);
    const people = bed.people(operation.group).slice(-3);
    if (target.server === 'ours') await bed.renew(people);
    for (const person of people) {
      const calls = operation.calls(person, (ids.get(person) ?? []).slice(0, 1), `the check of ${target.name}`);
      for (const call of calls) await check(bed.server(target.server).url, target, operation, call, bed.rows[target.server]);
    }
  }
}

/**
 * Checks the answers, warms every target up, then measures one operation after another: its targets in turn, once per round. The first round of an operation is
 * not counted. V8 forgets the code of what is idle for long, so measurements of one target follow each other within seconds.
 */
export async function runRounds(bed: TestBed, pairs: Pair[], plan: Plan, onProgress: OnProgress): Promise<Samples> {
  const ids = await readAllIds(bed, pairs, plan.idsPerPerson);
  await checkAll(bed, pairs, ids, onProgress);

  const put = async (pair: Pair, salt: string, seconds: number) => {
    const requests = await requestsOf(bed, pair, ids, `${salt} by ${pair.target.name}`);
    return measure(bed, [bed.server(pair.target.server)], requests, { connections: plan.connections, seconds });
  };
  const warmUpOf = ({ target }: Pair) => Math.max(1, Math.ceil(plan.warmUpSeconds / pairs.filter((pair) => pair.target === target).length));
  for (const [i, pair] of pairs.entries()) {
    onProgress('warming up', i / pairs.length);
    await put(pair, 'warm-up', warmUpOf(pair));
  }
  const samples: Samples = new Map(pairs.map((pair) => [nameOf(pair), []]));
  const operations = [...new Set(pairs.map(({ operation }) => operation))];
  for (const [i, operation] of operations.entries()) {
    for (let round = 0; round <= plan.rounds; round += 1) {
      onProgress(`${operation.name}: round ${round} of ${plan.rounds}`, (i + round / (plan.rounds + 1)) / operations.length);
      for (const pair of pairs.filter((each) => each.operation === operation)) {
        const sample = await put(pair, `round ${round}`, plan.seconds);
        if (round > 0) samples.get(nameOf(pair))?.push(sample);
      }
    }
  }
  return samples;
}
