import type { ChangePage } from '@todo/contract';
import { refusalIn } from './error.ts';
import type { Session } from './session.ts';
import { readStream, type StreamOptions } from './stream.ts';

/** Streams the pages after the cursor, the first at once, until it is aborted, or the server ends the stream. With a user it is for that one alone. Throws a TodoError. */
export async function* watch(
  { begin, refused, explain }: Session,
  trpcUrl: string,
  userId: string | undefined,
  cursor: string | undefined,
  options: StreamOptions,
): AsyncGenerator<ChangePage, void> {
  const login = await begin(userId).login();
  const url = `${trpcUrl}/sync.watch?input=${encodeURIComponent(JSON.stringify({ cursor }))}`;
  try {
    for await (const { event, data } of readStream(login.stream, url, options)) {
      // tRPC sends its own events beside the pages, such as 'ping', and an error as the last one.
      if (event === 'serialized-error') throw refusalIn(JSON.parse(data));
      const page: ChangePage | undefined = event === undefined ? JSON.parse(data) : undefined;
      if (page) yield page;
    }
  } catch (thrown) {
    refused(thrown, login.userId);
    await explain(thrown, options.signal);
  }
}
