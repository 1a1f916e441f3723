import { entities, entityNames } from '@todo/contract';
import type { OwnerDb } from '@todo/db';
import { type Extent, entitiesOf, historyAt, readExtent } from './store.ts';

/** Format and version of the document, see docs/decisions/0015. A reader rejects a version that it does not know. */
const KIND = { format: 'todo-export', version: 3 } as const;

async function* items(pages: AsyncIterable<unknown[]>): AsyncGenerator<string> {
  let separator = '\n';
  for await (const page of pages) {
    let text = '';
    for (const item of page) {
      text += separator + JSON.stringify(item);
      separator = ',\n';
    }
    yield text;
  }
}

/** A log that was trimmed or deleted during the export has lost events that the pages should contain. */
async function assertWhole(db: OwnerDb, { last, dropped }: Extent): Promise<void> {
  const now = await readExtent(db);
  if (now.last < last || now.dropped !== dropped) throw new Error('The log was trimmed or deleted during the export.');
}

/** The document of an owner, page by page while it reads. The closing brackets come last, so a truncated export is not valid JSON. */
export async function* exportText(db: OwnerDb): AsyncGenerator<string> {
  const extent = await readExtent(db);
  const { last: upto, dropped } = extent;
  const head = JSON.stringify({ ...KIND, exportedAt: new Date().toISOString(), upto, wholeFrom: dropped + 1 });
  yield head.slice(0, -1);
  for (const name of entityNames) {
    yield `,\n"${entities[name].table}":[`;
    yield* items(entitiesOf(db, name, upto));
    yield '\n]';
  }
  yield ',\n"history":[';
  yield* items(historyAt(db, upto));
  await assertWhole(db, extent);
  yield '\n]}\n';
}
