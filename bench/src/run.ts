import { availableParallelism } from 'node:os';
import { check } from './check.ts';
import { saturate } from './closed-loop.ts';
import { cpuOf, cpuOfFamily, cpuOfMachine } from './cpu.ts';
import { type Operation, readIds, type TaskIds } from './operations.ts';
import type { ServerProcess } from './process.ts';
import type { OnProgress, Stage } from './stage.ts';
import type { HttpRequest, Target } from './target.ts';

/** One operation on one target. */
export interface Pair {
  operation: Operation;
  target: Target;
}

export interface Plan {
  /** Connections of the load generator. */
  connections: number;
  /** Connections of each server to PostgreSQL. */
  poolSize: number;
  rounds: number;
  latencyRounds: number;
  /** Duration of each measurement. */
  seconds: number;
  /** Tasks per user for requests on single tasks. */
  idsPerPerson: number;
}

interface Sample {
  perSecond: number;
  /** Size of one response. */
  bytes: number | undefined;
  /** CPU time per request, in µs, if the system reports it. */
  serverCpu: number | undefined;
  databaseCpu: number | undefined;
  /** CPU usage of unrelated programs, in percent. */
  others: number | undefined;
}

export const nameOf = ({ operation, target }: Pair) => `${operation.name} ${target.name}`;

export const pairsOf = (operations: Operation[], targets: Target[]): Pair[] =>
  operations.flatMap((operation) => targets.filter(({ server }) => server === 'ours' || !operation.oursAlone).map((target) => ({ operation, target })));

export const peopleOf = (stage: Stage, pairs: Pair[]) => [...new Set(pairs.flatMap(({ operation }) => operation.people(stage)))];

export function serverOf(stage: Stage, { server }: Target): ServerProcess {
  const process = stage.servers[server];
  if (!process) throw new Error(`The server ${server} is not running.`);
  return process;
}

/** The requests of each connection. All requests of a user use one connection, to avoid lock waits, unless there are fewer users than connections. */
export async function requestsOf(stage: Stage, { operation, target }: Pair, ids: TaskIds, salt: string, connections: number): Promise<HttpRequest[][]> {
  const people = operation.people(stage);
  if (target.server === 'ours') await stage.renew(people);
  const ofPerson = people.map((person) => operation.calls(person, ids.get(person) ?? [], salt).map((call) => target.request(call)));
  return Array.from({ length: connections }, (_, n) => {
    if (people.length < connections) return ofPerson[n % people.length] ?? [];
    const own = ofPerson.filter((_, i) => i % connections === n);
    const turns = Math.max(...own.map((requests) => requests.length));
    return Array.from({ length: turns }, (_, turn) => own.flatMap((requests) => requests[turn] ?? [])).flat();
  });
}

/** For three users, compares one answer to each kind of call with the database. Throws if one is wrong. */
async function checkAll(stage: Stage, pairs: Pair[], ids: TaskIds, onProgress: OnProgress): Promise<void> {
  for (const [i, { operation, target }] of pairs.entries()) {
    onProgress('checking answers', i / pairs.length);
    const people = operation.people(stage).slice(-3);
    if (target.server === 'ours') await stage.renew(people);
    for (const person of people) {
      const calls = operation.calls(person, (ids.get(person) ?? []).slice(0, 1), `the check of ${target.name}`);
      for (const call of calls) await check(serverOf(stage, target).url, target, operation, call, stage.rows[target.server]);
    }
  }
}

/** CPU time used so far, in µs; NaN if the system does not report it. */
function readCpu(stage: Stage, server: ServerProcess) {
  const used = { server: cpuOf(server.pid), database: cpuOfFamily(stage.postgres.pid), machine: cpuOfMachine(), generator: cpuOf(process.pid) };
  const { server: ofServer = Number.NaN, database = Number.NaN, machine = Number.NaN, generator = Number.NaN } = used;
  return { server: ofServer, database, others: machine - ofServer - database - generator, at: performance.now() };
}

async function sample(stage: Stage, { target }: Pair, requests: HttpRequest[][], seconds: number): Promise<Sample> {
  const server = serverOf(stage, target);
  const before = readCpu(stage, server);
  const { perSecond, requests: count, bytes } = await saturate(server.url, requests, seconds);
  const after = readCpu(stage, server);
  const known = (value: number) => (Number.isFinite(value) ? value : undefined);
  return {
    perSecond,
    bytes: known(bytes),
    serverCpu: known((after.server - before.server) / count),
    databaseCpu: known((after.database - before.database) / count),
    others: known((after.others - before.others) / (after.at - before.at) / 10 / availableParallelism()),
  };
}

export type Samples = Map<string, Sample[]>;

/** Checks the answers, then measures all pairs in turn, once per round. A short first round is the warm-up. */
export async function runRounds(stage: Stage, pairs: Pair[], plan: Plan, onProgress: OnProgress): Promise<Samples> {
  const ids = await readIds(stage.rows.ours, peopleOf(stage, pairs), plan.idsPerPerson);
  await checkAll(stage, pairs, ids, onProgress);

  const samples: Samples = new Map(pairs.map((pair) => [nameOf(pair), []]));
  for (let round = 0; round <= plan.rounds; round += 1) {
    for (const [i, pair] of pairs.entries()) {
      onProgress(round === 0 ? 'warming up' : `round ${round} of ${plan.rounds}: ${nameOf(pair)}`, (round + i / pairs.length) / (plan.rounds + 1));
      const requests = await requestsOf(stage, pair, ids, `round ${round} by ${pair.target.name}`, plan.connections);
      const measured = await sample(stage, pair, requests, round === 0 ? 1 : plan.seconds);
      if (round > 0) samples.get(nameOf(pair))?.push(measured);
    }
  }
  return samples;
}
