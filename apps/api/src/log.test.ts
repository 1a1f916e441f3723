import { expect, it, onTestFinished } from 'vitest';
import { createLog, type RequestEntry } from './log.ts';

const LINES_PER_SECOND = 100;

/** A log that keeps its lines. Dispose ends its second. */
function open() {
  const lines: Record<string, unknown>[] = [];
  const texts: string[] = [];
  const log = createLog({
    write: (text) => {
      texts.push(text);
      lines.push(JSON.parse(text));
    },
  });
  onTestFinished(() => log[Symbol.dispose]());
  return { log, lines, texts };
}

const entry: RequestEntry = {
  requestId: '8d0f8a3c-6a0e-4c53-8c6c-3f0a63c1a111',
  method: 'GET',
  path: '/trpc/tasks.list',
  status: 200,
  reason: undefined,
  milliseconds: 3.7,
  userId: '019a0000-0000-7000-8000-000000000001',
  trace: '4bf92f3577b34da6a3ce929d0e0e4736',
};

it('writes one line of JSON for a request, with a pseudonym for its user', () => {
  const { log, lines, texts } = open();
  log.request(entry);
  log.request({ ...entry, userId: null });
  const { userId, ...rest } = entry;
  const expected = { level: 'info', time: expect.any(String), msg: 'request', ...rest, reason: undefined, milliseconds: 4 };
  expect(lines).toEqual([{ ...expected, user: expect.stringMatching(/^[0-9a-f]{16}$/) }, expected]);
  expect(texts.join()).not.toContain(userId);
  expect(texts.every((text) => text.indexOf('\n') === text.length - 1)).toBe(true);
});

it('escapes and cuts what it is given, so that nobody can forge a line or fill the disk', () => {
  const { log, lines, texts } = open();
  log.error(`bad\n{"level":"info","msg":"forged"}\u001b[31m${'x'.repeat(1_000_000)}`, { requestId: entry.requestId });
  expect(lines).toEqual([{ level: 'error', time: expect.any(String), requestId: entry.requestId, msg: expect.stringMatching(/^bad\n/) }]);
  expect(texts).toHaveLength(1);
  expect(texts[0]?.trimEnd()).not.toMatch(/\p{Cc}/u);
  expect(texts[0]?.length).toBeLessThan(2_300);
});

it('counts refused requests in one line', () => {
  const { log, lines } = open();
  for (const status of [401, 429, 429, 503]) log.request({ ...entry, status, reason: status === 429 ? 'RATE_LIMITED' : undefined });
  expect(lines).toEqual([]);
  log[Symbol.dispose]();
  expect(lines).toMatchObject([{ level: 'warn', refused: { 401: 1, RATE_LIMITED: 2, 503: 1 }, notLogged: 0 }]);
});

it('counts what exceeds a number of lines a second, errors too, and writes again in the next second', async () => {
  const { log, lines } = open();
  for (let i = 0; i < 150; i += 1) log.request(entry);
  for (let i = 0; i < 50; i += 1) log.error('broken');
  expect(lines).toHaveLength(LINES_PER_SECOND);
  await expect.poll(() => lines.at(-1)).toMatchObject({ level: 'warn', notLogged: 100 });
  log.request(entry);
  expect(lines.at(-1)).toMatchObject({ level: 'info' });
});
