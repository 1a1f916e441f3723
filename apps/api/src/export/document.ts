import type { OwnerDb } from '@todo/db';
import { describeForLog, toApiError } from '../errors.ts';
import type { ConcurrencyLimit } from '../http/concurrency-limit.ts';
import { type Context, requireUser } from '../http/context.ts';
import { type Extent, historyAt, readExtent, tasksAt } from './store.ts';

/** Format and version of the document, see docs/decisions/0015. A reader rejects a version that it does not know. */
const KIND = { format: 'todo-export', version: 2 } as const;

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

/** Writes the document page by page while it reads. The closing brackets come last, so a truncated export is not valid JSON. */
async function* write(db: OwnerDb, extent: Extent): AsyncGenerator<string> {
  const { last: upto, dropped } = extent;
  const head = JSON.stringify({ ...KIND, exportedAt: new Date().toISOString(), upto, wholeFrom: dropped + 1 });
  yield `${head.slice(0, -1)},\n"tasks":[`;
  yield* items(tasksAt(db, upto));
  yield '\n],\n"history":[';
  yield* items(historyAt(db, upto));
  await assertWhole(db, extent);
  yield '\n]}\n';
}

interface ExportDeps {
  acquire: ConcurrencyLimit;
  log(message: string): void;
}

async function* parts({ userId, tasks }: Awaited<ReturnType<typeof requireUser>>, { acquire, log }: ExportDeps): AsyncGenerator<string> {
  using _ = acquire(userId);
  const extent = await readExtent(tasks);
  yield '';
  try {
    yield* write(tasks, extent);
  } catch (error) {
    if (toApiError(error).reason === 'INTERNAL') log(describeForLog(error));
    // The server sends the message of the error that ends a stream, and that of a database error contains the query.
    throw new Error('The export failed before it was complete.');
  }
}

/** All tasks and the whole history of the user, as a download. A failure before the first part gets a normal error response. */
export async function answerExport(context: Context, method: string, deps: ExportDeps): Promise<Response> {
  const text = parts(await requireUser(context), deps);
  await text.next();
  // Nobody reads the body of a response to HEAD, so the export would never end.
  if (method === 'HEAD') await text.return(undefined);
  const body = method === 'HEAD' ? null : ReadableStream.from(text).pipeThrough(new TextEncoderStream());
  return new Response(body, {
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'content-disposition': 'attachment; filename="todo-export.json"',
      'cache-control': 'no-store',
    },
  });
}
