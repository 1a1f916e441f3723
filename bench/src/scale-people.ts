import { inTurn, measure, type Sample } from './measure.ts';
import { type Call, readIds } from './operations.ts';
import type { Person } from './people.ts';
import { MAX_OTHERS } from './results.ts';
import { SEARCH } from './seed.ts';
import { type HttpRequest, targetNamed } from './target.ts';
import type { TestBed } from './testbed.ts';

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

export interface PeopleResult extends Sample {
  title: string;
  /** Other programs used too much CPU. */
  noisy: boolean;
}

/** Half of the users authenticate by cookie, half by JWT. Each starts at another point of the same sequence. */
async function requestsOf(bed: TestBed, people: Person[]): Promise<HttpRequest[]> {
  await bed.renew(people);
  const ids = await readIds(bed.rows.ours, people, 2);
  const [byJwt, byCookie] = [targetNamed('ours'), targetNamed('ours-cookie')];
  const ofPerson = people.map((person, i) => {
    const calls = callsOf(person, ids.get(person) ?? []);
    const start = (i * 7) % calls.length;
    return [...calls.slice(start), ...calls.slice(0, start)].map((call) => (i % 2 === 0 ? byJwt : byCookie).request(call));
  });
  return inTurn(ofPerson);
}

/** Measures latency with active users who make `factor` times the assumed number of calls. Each connection makes one call per second on average. */
export async function measurePeople(bed: TestBed, people: Person[], factor: number, seconds: number): Promise<PeopleResult> {
  const requests = await requestsOf(bed, people);
  const title = `${people.length.toLocaleString('en')} people${factor === 1 ? '' : `, ${factor} times as busy`}`;
  const connections = Math.round((people.length * factor) / CALL_EVERY);
  const sample = await measure(bed, [bed.server('ours')], requests, { connections, seconds, pause: 1_000 });
  return { title, noisy: sample.others > MAX_OTHERS, ...sample };
}
