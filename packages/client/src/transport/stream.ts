import { STREAM_SILENCE_MAX_MS } from '@todo/contract';
import { createParser } from 'eventsource-parser';
import { misplaced, refusal, TodoError, toTodoError } from './error.ts';
import type { SendRequest } from './fetch.ts';
import { within } from './limit.ts';
import { readAnswer } from './request.ts';

interface ServerSentEvent {
  id?: string | undefined;
  event?: string | undefined;
  data: string;
}

export interface StreamOptions {
  /** Ends the stream, without an error. */
  signal: AbortSignal;
  /** How long the response may take to begin, in ms. */
  openMs: number;
  /** How long the server may send nothing, in ms. */
  silenceMs?: number | undefined;
  /** Called for each sign of life. */
  onHeard?: (() => void) | undefined;
}

const silent = (cause: TodoError) => new TodoError('CALL_TIMED_OUT', 'The server has been silent for too long.', { cause });

/** Reads server-sent events. Throws a TodoError: CALL_TIMED_OUT for a server that is silent, otherwise why the request was refused or the stream broke off. */
export async function* readStream(open: SendRequest, url: string, options: StreamOptions): AsyncGenerator<ServerSentEvent, void> {
  const { signal, openMs, silenceMs = STREAM_SILENCE_MAX_MS, onHeard } = options;
  const ending = new AbortController();
  const heard = async <Result>(limitMs: number, work: () => Promise<Result>): Promise<Result> => {
    const result = await within(limitMs, signal, work);
    onHeard?.();
    return result;
  };
  try {
    const response = await heard(openMs, () => open(url, { signal: ending.signal }));
    if (!response.ok) throw refusal(await heard(silenceMs, () => readAnswer(response)));
    const { body, status, headers } = response;
    if (!body || !headers.get('content-type')?.startsWith('text/event-stream')) throw misplaced({ status });
    const reader = body.getReader();
    const decoder = new TextDecoder();
    const events: ServerSentEvent[] = [];
    const parser = createParser({ onEvent: (event) => events.push(event) });
    while (true) {
      const { done, value } = await heard(silenceMs, () => reader.read());
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
      yield* events.splice(0);
    }
  } catch (thrown) {
    if (signal.aborted) return;
    const error = toTodoError(thrown);
    throw error.reason === 'CALL_TIMED_OUT' && error.status === undefined ? silent(error) : error;
  } finally {
    ending.abort();
  }
}
