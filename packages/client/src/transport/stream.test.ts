import { STREAM_PING_INTERVAL_MS, STREAM_SILENCE_MAX_MS } from '@todo/contract';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { listen } from '../testing/client.ts';
import { readStream } from './stream.ts';

const SHORT_MS = 50;
const LONG_MS = 60_000;

const cleanUp = new AsyncDisposableStack();
afterAll(() => cleanUp.disposeAsync());

const headers = { 'content-type': 'text/event-stream' };
const encode = (text: string) => new TextEncoder().encode(text);
const serve = async (answer: () => Response | Promise<Response>) => cleanUp.use(await listen(async () => answer())).url;

/** A stream that sends these parts, and then stays open. */
const openAfter = (closed: () => void, ...parts: string[]) =>
  new Response(new ReadableStream({ start: (controller) => parts.forEach((part) => void controller.enqueue(encode(part))), cancel: closed }), { headers });

/** Texts in pieces of single bytes. */
const cutUp = (...texts: string[]) =>
  new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (const byte of encode(texts.join(''))) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });

const calm = { signal: new AbortController().signal, openMs: LONG_MS, silenceMs: LONG_MS };

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe('a stream', () => {
  it('is silent before it has missed two signs of life, and soon enough to be told within 20 seconds', () => {
    expect(STREAM_SILENCE_MAX_MS).toBeLessThan(20_000);
    expect(STREAM_SILENCE_MAX_MS).toBeGreaterThan(STREAM_PING_INTERVAL_MS);
    expect(STREAM_SILENCE_MAX_MS).toBeLessThan(2 * STREAM_PING_INTERVAL_MS);
  });

  it('gives the events that arrive, however they are cut up, and reports each sign of life', async () => {
    const url = await serve(() => new Response(cutUp('id: 1\ndata: "ä"\n\n', 'event: ping\ndata: \n\n'), { headers }));
    const heard = vi.fn();
    expect(await all(readStream(fetch, url, { ...calm, onHeard: heard }))).toMatchObject([{ id: '1', data: '"ä"' }, { event: 'ping' }]);
    expect(heard.mock.calls.length).toBeGreaterThanOrEqual(2);
  });

  it('that does not begin fails by the first limit', async () => {
    const reading = all(readStream(fetch, await serve(() => new Promise<Response>(() => {})), { ...calm, openMs: SHORT_MS }));
    await expect(reading).rejects.toMatchObject({ name: 'TodoError', reason: 'CALL_TIMED_OUT' });
  });

  it('that falls silent fails by the second limit, after what had arrived, and is closed', async () => {
    const closed = vi.fn();
    const stream = readStream(fetch, await serve(() => openAfter(closed, 'data: 1\n\n')), { ...calm, silenceMs: SHORT_MS });
    expect(await stream.next()).toMatchObject({ value: { data: '1' } });
    await expect(stream.next()).rejects.toMatchObject({ name: 'TodoError', reason: 'CALL_TIMED_OUT' });
    await expect.poll(() => closed.mock.calls.length).toBe(1);
  });

  it.each(['aborted', 'left'])('that its reader has %s is no failure, and is closed', async (how) => {
    const closed = vi.fn();
    const ending = new AbortController();
    const stream = readStream(fetch, await serve(() => openAfter(closed, 'data: 1\n\n')), { ...calm, signal: ending.signal });
    await stream.next();
    if (how === 'left') await stream.return();
    const reading = stream.next();
    ending.abort();
    expect(await reading).toEqual({ done: true, value: undefined });
    await expect.poll(() => closed.mock.calls.length).toBe(1);
  });

  const refusal = { error: { message: 'Too many.', data: { reason: 'RATE_LIMITED', httpStatus: 429, retryAfterSeconds: 30 } } };
  it.each([
    ['a refusal', () => Response.json(refusal, { status: 429 }), { reason: 'RATE_LIMITED', retryAfterSeconds: 30 }],
    ['a page of a proxy', () => new Response('<h1>Bad gateway</h1>', { status: 502 }), { reason: 'SERVER_UNREACHABLE', status: 502 }],
    ['another program', () => new Response('<h1>Welcome</h1>'), { reason: 'ADDRESS_WRONG', status: 200 }],
  ])('says why it failed: %s', async (_, answer, error) => {
    await expect(all(readStream(fetch, await serve(answer), calm))).rejects.toMatchObject(error);
  });
});
