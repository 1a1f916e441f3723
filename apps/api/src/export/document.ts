import type { UserId } from '@todo/db';
import { describeForLog, toApiError } from '../errors.ts';
import type { ConcurrencyLimit } from '../http/concurrency-limit.ts';
import { type Context, requireUser } from '../http/context.ts';
import { exportText } from './text.ts';

interface ExportDeps {
  acquire: ConcurrencyLimit;
  log(message: string): void;
  /** Notes that the user's export begins. Throws DatabaseFailure. */
  began(userId: UserId): Promise<void>;
}

async function* parts({ userId, tasks }: Awaited<ReturnType<typeof requireUser>>, { acquire, log, began }: ExportDeps): AsyncGenerator<string> {
  using _ = acquire(userId);
  const text = exportText(tasks);
  const { value: head } = await text.next();
  await began(userId);
  yield '';
  try {
    yield head ?? '';
    yield* text;
  } catch (error) {
    if (toApiError(error).reason === 'INTERNAL') log(describeForLog(error));
    // The server sends the message of the error that ends a stream, and that of a database error contains the query.
    throw new Error('The export failed before it was complete.');
  }
}

/** All tasks and the whole history of the user, as a download. A failure before the first part gets a normal error response. */
export async function answerExport(context: Context, method: string, deps: ExportDeps): Promise<Response> {
  const began = method === 'HEAD' ? async () => {} : deps.began;
  const text = parts(await requireUser(context), { ...deps, began });
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
