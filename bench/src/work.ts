import { openLink } from '@todo/db/testing';
import { readIds } from './operations.ts';
import { nameOf, type Pair, peopleOf } from './run.ts';
import type { OnProgress, Stage } from './stage.ts';

/** Added latency, in ms. Everything a server sends without waiting for a response is sent within that time. */
const LATENCY = 15;

export interface Work {
  /** Round trips to PostgreSQL per request. */
  roundTrips: number;
  /** Statements with parameters per request, which excludes begin, set and commit. */
  statements: number;
}

/** Counts on another instance of each server what one request sends to PostgreSQL, once its statements are prepared. */
export async function countWork(stage: Stage, pairs: Pair[], onProgress: OnProgress): Promise<Map<string, Work>> {
  const ids = await readIds(stage.rows.ours, peopleOf(stage, pairs), 1);
  const counted = new Map<string, Work>();
  for (const name of new Set(pairs.map(({ target }) => target.server))) {
    await using cleanUp = new AsyncDisposableStack();
    const link = cleanUp.use(await openLink(stage.databaseOf(name), LATENCY));
    const server = cleanUp.use(await stage.start(name, link.url));
    for (const pair of pairs.filter(({ target }) => target.server === name)) {
      onProgress(`counting round trips: ${nameOf(pair)}`, counted.size / pairs.length);
      const [person] = pair.operation.people(stage);
      if (!person) continue;
      await stage.renew([person]);
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
