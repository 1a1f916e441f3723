import { cpuOf, cpuOfFamily } from './cpu.ts';
import { atRate } from './open-loop.ts';
import { type Call, readIds } from './operations.ts';
import type { Person } from './people.ts';
import type { ServerProcess } from './process.ts';
import { SEARCH } from './seed.ts';
import type { Stage } from './stage.ts';
import { type Percentiles, percentilesOf } from './statistics.ts';
import { type HttpRequest, targetNamed } from './target.ts';

/** Assumed interval between two calls of an active user, in s. The results mention it. */
export const CALL_EVERY = 10;

/** Twenty typical calls of a front end: mostly lists and sync; one in five writes. */
function callsOf(person: Person, ids: string[]): Call[] {
  const call = (procedure: string, input: Call['input'], changes = false): Call => ({ person, procedure, input, changes });
  const [id = '', other = ''] = ids;
  const lists = Array.from({ length: 7 }, () => call('tasks.list', { limit: 50 }));
  return [
    ...lists,
    call('tasks.list', { limit: 50, completed: false }),
    call('tasks.list', { limit: 20, search: SEARCH }),
    ...Array.from({ length: 4 }, () => call('sync.changes', { cursor: person.cursor })),
    call('tasks.counts', {}),
    call('tasks.get', { id }),
    call('tasks.get', { id: other }),
    call('tasks.create', { title: 'Something new' }, true),
    call('tasks.edit', { id, title: `Changed at ${performance.now()}` }, true),
    call('tasks.complete', { id: other }, true),
    call('tasks.reopen', { id: other }, true),
  ];
}

export interface PeopleResult extends Percentiles {
  title: string;
  rate: number;
  /** In percent of one core. */
  serverCpu: number | undefined;
  databaseCpu: number | undefined;
}

/** Half of the users authenticate by cookie, half by JWT. Each starts at another point of the same sequence. */
async function requestsOf(stage: Stage, people: Person[]): Promise<HttpRequest[][]> {
  await stage.renew(people);
  const ids = await readIds(stage.rows.ours, people, 2);
  const [byJwt, byCookie] = [targetNamed('ours'), targetNamed('ours-cookie')];
  return people.map((person, i) => {
    const calls = callsOf(person, ids.get(person) ?? []);
    const start = (i * 7) % calls.length;
    return [...calls.slice(start), ...calls.slice(0, start)].map((call) => (i % 2 === 0 ? byJwt : byCookie).request(call));
  });
}

/** Measures latency with `count` active users, each making `factor` times the assumed number of calls. */
export async function measurePeople(stage: Stage, server: ServerProcess, count: number, factor: number, seconds: number): Promise<PeopleResult> {
  const people = [...stage.readers, ...stage.writers].slice(0, count);
  const requests = await requestsOf(stage, people);
  const rate = (count * factor) / CALL_EVERY;
  const cpu = () => ({ server: cpuOf(server.pid), database: cpuOfFamily(stage.postgres.pid) });
  const before = { ...cpu(), at: performance.now() };
  const latencies = await atRate(server.url, requests, rate, seconds);
  const after = cpu();
  const percent = (from: number | undefined, to: number | undefined) =>
    from === undefined || to === undefined ? undefined : Math.round((to - from) / (performance.now() - before.at) / 10);
  const title = `${count.toLocaleString('en')} people${factor === 1 ? '' : `, ${factor} times as busy`}`;
  return { title, rate, ...percentilesOf([latencies]), serverCpu: percent(before.server, after.server), databaseCpu: percent(before.database, after.database) };
}
