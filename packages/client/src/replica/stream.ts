import { STREAM_SILENCE_MAX_MS } from '@todo/contract';
import { misplaced, refusal, TodoError, toTodoError } from '../transport/error.ts';
import { readAnswer } from '../transport/request.ts';

export interface Stream {
  /** For an EventSource, which does not say why a request failed, and waits for ever for a server that is silent. */
  fetch: typeof fetch;
  /** Why the last request failed. */
  failure(): TodoError | undefined;
}

const silent = () => new TodoError('CALL_TIMED_OUT', 'The server has been silent for too long.');

/** Ends a request whose response does not begin within `openMs`, or whose body is silent for `silenceMs`. `onHeard` is called for each sign of life. */
export function createStream(send: typeof fetch, openMs: number, onHeard: () => void, silenceMs = STREAM_SILENCE_MAX_MS): Stream {
  let failure: TodoError | undefined;

  const open: typeof fetch = async (url, init = {}) => {
    const ending = new AbortController();
    let endInSilence = (_: TodoError) => {};
    const silence = new Promise<never>((_, reject) => {
      endInSilence = reject;
    });
    silence.catch(() => {});
    const late = () => {
      endInSilence(silent());
      ending.abort();
    };
    let timer = setTimeout(late, openMs);
    const stop = () => {
      clearTimeout(timer);
      ending.abort();
    };
    init.signal?.addEventListener('abort', stop);
    const heard = () => {
      onHeard();
      clearTimeout(timer);
      timer = setTimeout(late, silenceMs);
    };
    const watched = async <Result>(work: Promise<Result>): Promise<Result> => {
      try {
        const result = await Promise.race([work, silence]);
        if (!init.signal?.aborted) heard();
        return result;
      } catch (thrown) {
        stop();
        const error = toTodoError(thrown);
        if (!init.signal?.aborted) failure = error;
        throw error;
      }
    };

    const response = await watched(send(url, { ...init, signal: ending.signal }));
    if (!response.ok) return watched(readAnswer(response).then((answer) => Promise.reject(refusal(answer))));
    const { body, status, headers } = response;
    if (!body || !headers.get('content-type')?.startsWith('text/event-stream')) return watched(Promise.reject(misplaced({ status })));
    const reader = body.getReader();
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
      const { done, value } = await watched(reader.read());
      if (!done) return controller.enqueue(value);
      stop();
      controller.close();
    };
    return new Response(new ReadableStream({ pull, cancel: stop }), { status, headers });
  };
  return { fetch: open, failure: () => failure };
}
