/** A request that has ended, for developers' tools. A stream ends when its response begins. */
export interface RequestEvent {
  method: string;
  url: string;
  milliseconds: number;
  /** Of the response; undefined if there was none. */
  status?: number | undefined;
  /** Names the request in the server's log. */
  requestId?: string | undefined;
  /** Why there was no response. */
  error?: unknown;
}

/** Sends a request of the client. Throws what the platform's fetch throws. */
export type SendRequest = (url: string, init: RequestInit) => Promise<Response>;

export interface FetchOptions {
  /** Sends all requests; by default the platform's own, at the time of the request. */
  fetch?: SendRequest | undefined;
  /** More headers of every request, such as the cookies of a visitor for whom a server renders a page. */
  headers?: (() => Headers | Record<string, string> | Promise<Headers | Record<string, string>>) | undefined;
  /** Called after each request, also one that is repeated. */
  onEvent?: ((event: RequestEvent) => void) | undefined;
}

/** The given headers, and those of the request, which take precedence. */
async function withHeaders(init: RequestInit, more: NonNullable<FetchOptions['headers']>): Promise<RequestInit> {
  const headers = new Headers(await more());
  for (const [name, value] of new Headers(init.headers)) headers.set(name, value);
  return { ...init, headers };
}

export function createFetch({ fetch: given, headers: more, onEvent }: FetchOptions): SendRequest {
  const send: SendRequest = async (url, init) => {
    const whole = more ? await withHeaders(init, more) : init;
    return given ? given(url, whole) : fetch(url, whole);
  };
  if (!onEvent) return send;
  return async (url, init) => {
    const begun = performance.now();
    const tell = (end: Partial<RequestEvent>) => onEvent({ method: init.method ?? 'GET', url, milliseconds: performance.now() - begun, ...end });
    try {
      const answer = await send(url, init);
      tell({ status: answer.status, requestId: answer.headers.get('x-request-id') ?? undefined });
      return answer;
    } catch (error) {
      tell({ error });
      throw error;
    }
  };
}
