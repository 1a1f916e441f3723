import fc from 'fast-check';
import type { Attack } from './http/send.ts';
import { type Invariant, type Problem, problemsOf } from './invariants/answers.ts';
import { type Account, bearer, isSignedIn, jwtOf } from './people/account.ts';
import { type Credential, credentialsOf } from './people/credentials.ts';
import type { Surface } from './surfaces/surface.ts';
import type { World } from './world.ts';

/** Attacks of one kind: who sends what to which field of which surface. */
interface Cell {
  surface: Surface;
  credential: string;
  field: string;
}

interface Finding {
  invariant: Invariant;
  /** Where it was seen: surface, credential and field. */
  where: string;
  detail: string;
  /** The smallest request that shows it. */
  attack?: Attack | undefined;
}

interface Plan {
  seed: number;
  /** Cells of each surface, another choice for each seed; all of them by default. */
  cellsPerSurface?: number;
  /** Requests of each cell whose credential acts; by default as many as of the others, most of which are refused before their input is read. */
  actingRuns?: number;
  /** Ends the run. With fewer than usual the requests of a finding are not made smaller. */
  findingsMax?: number;
  /** Says how far it is. */
  progress?(text: string): void;
  /** How many people attack, or who. */
  attackers?: number | Attacker[];
  surfaces?: (surface: Surface) => boolean;
}

export interface Report {
  calls: number;
  cells: number;
  findings: Finding[];
}

const FINDINGS_MAX = 40;
const LOG_LINE_MAX_CHARACTERS = 5_000;
const MEMORY_MAX_MB = 700;
const JWT_MAX_AGE_MS = 200_000;

type Attacker = Awaited<ReturnType<World['attacker']>>;

/** A number for each text, so that each cell has its own seed. */
const hashOf = (text: string) => [...text].reduce((hash, letter) => (Math.imul(hash, 31) + letter.charCodeAt(0)) | 0, 7);

function cellsOf(surface: Surface, credentials: Record<string, Credential>, { seed, cellsPerSurface = Number.POSITIVE_INFINITY }: Plan): Cell[] {
  const names = Object.keys(credentials).filter((name) => surface.kind !== 'sign-in' || !credentials[name]?.isStolen);
  const acting = names.filter((name) => credentials[name]?.acts === 'always');
  const others = names.filter((name) => credentials[name]?.acts !== 'always');
  const all = surface.fields.flatMap((field) => names.map((credential): Cell => ({ surface, credential, field })));
  if (all.length <= cellsPerSurface) return all;
  const pick = <Item>(items: readonly Item[], i: number) => items[Math.abs(seed + hashOf(surface.name) + i) % items.length];
  const half = Array.from({ length: cellsPerSurface / 2 }, (_, i) => i);
  const byField = half.slice(0, surface.fields.length).map((i) => ({ surface, field: pick(surface.fields, i) ?? '', credential: pick(acting, i) ?? 'none' }));
  const byCredential = half.slice(0, others.length).map((i) => ({ surface, credential: pick(others, i) ?? 'none', field: pick(surface.fields, i) ?? '' }));
  return [...byField, ...byCredential];
}

/** Sends every attack of the plan, and says which invariants did not hold. */
export async function assault(world: World, plan: Plan): Promise<Report> {
  const { send, secrets, victims } = world;
  const credentials = credentialsOf(victims);
  const findings: Finding[] = [];
  let [calls, cells] = [0, 0];
  const { findingsMax = FINDINGS_MAX } = plan;
  const hasEnough = () => findings.length >= findingsMax;
  const note = (finding: Finding) => {
    if (!hasEnough()) findings.push(finding);
  };
  const before = await world.digest();

  const probe = async ({ surface, credential }: Cell, attacker: Account, attack: Attack): Promise<Problem[]> => {
    const its = credentials[credential];
    if (!its) return [];
    calls += 1;
    const answer = await send({ ...attack, headers: { ...its.headers(attacker), ...attack.headers } });
    return problemsOf(surface, its, attack, answer, secrets);
  };

  const attackCell = async (cell: Cell, { account, pool }: Attacker) => {
    const where = `${cell.surface.name}, ${cell.credential}, ${cell.field || 'the whole input'}`;
    let last: { attack: Attack; problems: Problem[] } | undefined;
    const property = fc.asyncProperty(cell.surface.requests(cell.field, pool), async (attack) => {
      const problems = await probe(cell, account, attack);
      if (problems.length > 0) last = { attack, problems };
      return problems.length === 0;
    });
    await fc.check(property, {
      seed: plan.seed ^ hashOf(where),
      numRuns: credentials[cell.credential]?.acts === 'always' && plan.actingRuns ? plan.actingRuns : plan.cellsPerSurface === undefined ? 2 : 1,
      interruptAfterTimeLimit: 5_000,
      endOnFailure: findingsMax < FINDINGS_MAX,
    });
    cells += 1;
    for (const problem of last?.problems ?? []) note({ ...problem, where, attack: last?.attack });
  };

  const isAlive = ({ account }: Attacker) => isSignedIn(send, account);

  const { attackers = 6 } = plan;
  const people = typeof attackers === 'number' ? await Promise.all(Array.from({ length: attackers }, world.attacker)) : attackers;
  const workers = people.map((who) => ({ who, since: performance.now() }));
  const attackSurface = async (surface: Surface) => {
    const queue = cellsOf(surface, credentials, plan);
    await Promise.all(
      workers.map(async (worker) => {
        for (let cell = queue.shift(); cell && !hasEnough(); cell = queue.shift()) {
          if (performance.now() - worker.since > JWT_MAX_AGE_MS) {
            worker.who.account.jwt = await jwtOf(send, worker.who.account.signed);
            worker.since = performance.now();
          }
          await attackCell(cell, worker.who);
          // An attack on sign-in may have ended the attacker's own session or account.
          const isDue = surface.kind === 'sign-in' && (credentials[cell.credential]?.acts === 'always' || queue.length === 0);
          if (isDue && !(await isAlive(worker.who))) Object.assign(worker, { who: await world.attacker(), since: performance.now() });
        }
      }),
    );
  };

  /** The victim works too: what they ask for must not be in the log. */
  const work = async () => {
    const search = encodeURIComponent(JSON.stringify({ search: victims.victim.name }));
    for (const path of [`/trpc/tasks.list?input=${search}`, `/api/v1/tasks?search=${encodeURIComponent(victims.victim.name)}`])
      await send({ method: 'GET', path, headers: bearer(victims.victim.signed) });
  };

  const checkAfter = async ({ name }: Surface) => {
    await work();
    const after = await world.digest();
    for (const table of Object.keys(before)) if (after[table] !== before[table]) note({ invariant: 'rows changed', where: name, detail: table });
    Object.assign(before, after);
    const [lines, mails] = [world.logged(), world.mailed()];
    for (const word of secrets.foundIn(`${lines}\n${mails}`)) note({ invariant: 'foreign data', where: `the log or the mails after ${name}`, detail: word });
    const long = lines.split('\n').find((line) => line.length > LOG_LINE_MAX_CHARACTERS);
    if (long) note({ invariant: 'log', where: name, detail: `a line of ${long.length} characters: ${long.slice(0, 200)}` });
    const [worker] = workers;
    if (worker && !(await isAlive(worker.who))) note({ invariant: 'health', where: name, detail: 'an innocent call fails' });
    if (world.megabytes() > MEMORY_MAX_MB) note({ invariant: 'health', where: name, detail: `the server takes ${world.megabytes()} MB` });
  };

  for (const surface of world.surfaces.filter(plan.surfaces ?? (() => true))) {
    await attackSurface(surface);
    await checkAfter(surface);
    plan.progress?.(`${surface.name}: ${calls} calls, ${findings.length} findings`);
    if (hasEnough()) break;
  }
  return { calls, cells, findings };
}
