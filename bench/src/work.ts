import { openLink } from '@todo/db/testing';
import { nameOf, type Pair, readAllIds } from './measure.ts';
import type { OnProgress, TestBed } from './testbed.ts';

/** Added latency, in ms. Everything a server sends without waiting for a response is sent within that time. */
const LATENCY = 15;

export interface Work {
  /** Round trips to PostgreSQL per request. */
  roundTrips: number;
  /** Statements with parameters per request, which excludes begin, set and commit. */
  statements: number;
}

/** Counts on another instance of each server what one request sends to PostgreSQL, once its statements are prepared. */
export async function countWork(bed: TestBed, pairs: Pair[], onProgress: OnProgress): Promise<Map<string, Work>> {
  const ids = await readAllIds(bed, pairs, 1);
  const counted = new Map<string, Work>();
  for (const name of new Set(pairs.map(({ target }) => target.server))) {
    await using cleanUp = new AsyncDisposableStack();
    const link = cleanUp.use(await openLink(bed.databaseOf(name), LATENCY));
    const server = cleanUp.use(await bed.start(name, link.url));
    for (const pair of pairs.filter(({ target }) => target.server === name)) {
      onProgress(`counting round trips: ${nameOf(pair)}`, counted.size / pairs.length);
      const [person] = bed.people(pair.operation.group);
      if (!person) continue;
      await bed.renew([person]);
      let work: Work = { roundTrips: 0, statements: 0 };
      for (const turn of ['first', 'second', 'third']) {
        for (const call of pair.operation.calls(person, ids.get(person) ?? [], `the ${turn} count of ${pair.target.name}`).slice(0, 1)) {
          link.roundTrips();
          link.statements();
          const { path, ...init } = pair.target.request(call);
          const response = await fetch(`${server.url}${path}`, init);
          await response.arrayBuffer();
          if (!response.ok) throw new Error(`${nameOf(pair)} failed with ${response.status}`);
          work = { roundTrips: link.roundTrips(), statements: link.statements().length };
        }
      }
      counted.set(nameOf(pair), work);
    }
  }
  return counted;
}
