import { openLink } from '@todo/db/testing';
import { readIds } from './operations.ts';
import { nameOf, type Pair, peopleOf } from './run.ts';
import type { Stage, Tell } from './stage.ts';

/** In ms; what a server sends without waiting for an answer is sent by then. */
const LATENCY = 15;

export interface Work {
  /** How often one request makes its server wait for PostgreSQL. */
  roundTrips: number;
  /** Statements with parameters that one request runs; begin, set and commit are none. */
  statements: number;
}

/** Counts on another instance of each server what one request asks of PostgreSQL, once the connection knows its statements. */
export async function countWork(stage: Stage, pairs: Pair[], tell: Tell): Promise<Map<string, Work>> {
  const ids = await readIds(stage.rows.ours, peopleOf(stage, pairs), 1);
  const counted = new Map<string, Work>();
  for (const name of new Set(pairs.map(({ target }) => target.server))) {
    await using cleanUp = new AsyncDisposableStack();
    const link = cleanUp.use(await openLink(stage.databaseOf(name), LATENCY));
    const server = cleanUp.use(await stage.start(name, link.url));
    for (const pair of pairs.filter(({ target }) => target.server === name)) {
      tell(`round trips are counted: ${nameOf(pair)}`, counted.size / pairs.length);
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
          if (!response.ok) throw new Error(`${nameOf(pair)} answered ${response.status}`);
          work = { roundTrips: link.roundTrips(), statements: link.statements().length };
        }
      }
      counted.set(nameOf(pair), work);
    }
  }
  return counted;
}
