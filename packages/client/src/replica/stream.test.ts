import { STREAM_PING_INTERVAL_MS, STREAM_SILENCE_MAX_MS } from '@todo/contract';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { listen } from '../testing/client.ts';
import { createStream } from './stream.ts';

const SHORT_MS = 50;
const LONG_MS = 60_000;

const cleanUp = new AsyncDisposableStack();
afterAll(() => cleanUp.disposeAsync());

const headers = { 'content-type': 'text/event-stream' };
const encode = (text: string) => new TextEncoder().encode(text);
const serve = async (answer: () => Response | Promise<Response>) => cleanUp.use(await listen(async () => answer())).url;

/** A stream that sends these parts, and then stays open. */
const openAfter = (...parts: string[]) =>
  new Response(new ReadableStream({ start: (controller) => parts.forEach((part) => void controller.enqueue(encode(part))) }), { headers });

describe('a stream', () => {
  it('is silent before it has missed two signs of life', () => {
    expect(STREAM_SILENCE_MAX_MS).toBeGreaterThan(STREAM_PING_INTERVAL_MS);
    expect(STREAM_SILENCE_MAX_MS).toBeLessThan(2 * STREAM_PING_INTERVAL_MS);
  });

  it('passes on what arrives, and reports each sign of life', async () => {
    const url = await serve(() => new Response('data: 1\n\ndata: 2\n\n', { headers }));
    const heard = vi.fn();
    const stream = createStream(fetch, LONG_MS, heard);
    expect(await (await stream.fetch(url)).text()).toBe('data: 1\n\ndata: 2\n\n');
    expect(heard.mock.calls.length).toBeGreaterThanOrEqual(2);
    expect(stream.failure()).toBeUndefined();
  });

  it('that does not begin fails by the first limit', async () => {
    const stream = createStream(fetch, SHORT_MS, () => {});
    await expect(stream.fetch(await serve(() => new Promise<Response>(() => {})))).rejects.toMatchObject({ name: 'TodoError', reason: 'CALL_TIMED_OUT' });
    expect(stream.failure()).toMatchObject({ reason: 'CALL_TIMED_OUT' });
  });

  it('that falls silent fails by the second limit, after what had arrived', async () => {
    const stream = createStream(fetch, LONG_MS, () => {}, SHORT_MS);
    const reader = (await stream.fetch(await serve(() => openAfter('data: 1\n\n')))).body?.getReader();
    expect(await reader?.read()).toEqual({ done: false, value: encode('data: 1\n\n') });
    await expect(reader?.read()).rejects.toMatchObject({ name: 'TodoError', reason: 'CALL_TIMED_OUT' });
    expect(stream.failure()).toMatchObject({ reason: 'CALL_TIMED_OUT' });
  });

  it('that its reader has ended is no failure', async () => {
    const stream = createStream(fetch, LONG_MS, () => {});
    const ending = new AbortController();
    const reader = (await stream.fetch(await serve(() => openAfter('data: 1\n\n')), { signal: ending.signal })).body?.getReader();
    await reader?.read();
    const reading = reader?.read();
    ending.abort();
    await expect(reading).rejects.toMatchObject({ name: 'TodoError' });
    expect(stream.failure()).toBeUndefined();
  });

  const refusal = { error: { message: 'Too many.', data: { reason: 'RATE_LIMITED', httpStatus: 429, retryAfterSeconds: 30 } } };
  it.each([
    ['a refusal', () => Response.json(refusal, { status: 429 }), { reason: 'RATE_LIMITED', retryAfterSeconds: 30 }],
    ['a page of a proxy', () => new Response('<h1>Bad gateway</h1>', { status: 502 }), { reason: 'SERVER_UNREACHABLE', status: 502 }],
    ['another program', () => new Response('<h1>Welcome</h1>'), { reason: 'ADDRESS_WRONG', status: 200 }],
  ])('says why it failed: %s', async (_, answer, error) => {
    const stream = createStream(fetch, LONG_MS, () => {});
    await expect(stream.fetch(await serve(answer))).rejects.toMatchObject(error);
    expect(stream.failure()).toMatchObject(error);
  });
});
