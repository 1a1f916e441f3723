import type { inferRouterOutputs } from '@trpc/server';
import { expect } from 'vitest';
import { z } from 'zod';
import type { AppRouter } from '../router.ts';
import type { TestApi } from './api.ts';

export type Page = inferRouterOutputs<AppRouter>['sync']['changes'];

/** Matches the cursor at a log position. */
export const cursorAt = (seq: number): unknown => expect.stringMatching(new RegExp(`^${seq}\\.[\\da-f]{16}$`));

/** The log position of a cursor. */
export const seqOf = (cursor: string): number => Number.parseInt(cursor, 10);

/** A server-sent event. */
export interface StreamEvent {
  event: string;
  id: string;
  data: string;
}

/** Reads the events of a stream until the server ends it. */
export async function* eventsOf(response: Response): AsyncGenerator<StreamEvent, undefined> {
  if (!response.body) throw new Error('This answer has no body.');
  let text = '';
  for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
    text += part;
    const blocks = text.split(/\n\n+/);
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = block.split('\n').map((line) => line.split(/: ?(.*)/s));
      yield { event: 'message', id: '', data: '', ...Object.fromEntries(fields) };
    }
  }
}

const page = z.custom<Page>((value) => z.object({ changes: z.array(z.unknown()), cursor: z.string() }).safeParse(value).success);
const refusal = z.object({ data: z.object({ reason: z.string() }) });

export interface Watch extends AsyncDisposable {
  /** The next page, or how the stream ended: the reason of an error, 'returned', or 'cut' without an event. */
  next(): Promise<Page | string>;
  /** The id of the last event. */
  lastId(): string;
}

/** Opens sync.watch as a browser does, with the fetch of a server or an app. */
export async function openWatch(fetch: TestApi['fetch'], headers: Record<string, string>, input: object): Promise<Watch> {
  const gone = new AbortController();
  const response = await fetch(`/trpc/sync.watch?input=${encodeURIComponent(JSON.stringify(input))}`, { headers, signal: gone.signal });
  const events = eventsOf(response);
  let id = '';
  const next = async (): Promise<Page | string> => {
    const { value } = await events.next();
    if (!value) return 'cut';
    if (value.event === 'serialized-error') return refusal.parse(JSON.parse(value.data)).data.reason;
    if (value.event === 'return') return 'returned';
    if (value.event !== 'message') return next();
    id = value.id;
    return page.parse(JSON.parse(value.data));
  };
  return { next, lastId: () => id, [Symbol.asyncDispose]: async () => gone.abort() };
}

/** A page of changes with one of a task. */
export const pageAt = (seq: number, id: string, value: object | null) => ({
  changes: [{ seq, entity: 'task', id, value }],
  seq,
  cursor: cursorAt(seq),
  more: false,
  reset: false,
});
