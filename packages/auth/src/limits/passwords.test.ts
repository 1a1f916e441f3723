import { expect, it } from 'vitest';
import { createPasswordQueue, PASSWORDS_AT_ONCE, PASSWORDS_WAITING_MAX } from './passwords.ts';
import { RateLimited } from './rate-limited.ts';

it('a stated number of hashes run at a time, the others in the order in which they came', async () => {
  const queue = createPasswordQueue();
  const gates = Array.from({ length: 6 }, () => Promise.withResolvers<void>());
  const begun: number[] = [];
  const runs = gates.map((gate, i) =>
    queue.run(() => {
      begun.push(i);
      return i === 1 ? gate.promise.then(() => Promise.reject(new Error('no hash'))) : gate.promise;
    }),
  );
  const failed = expect(runs[1]).rejects.toThrow('no hash');
  for (let done = 0; done < gates.length; done += 1) {
    const expected = gates.map((_, i) => i).slice(0, PASSWORDS_AT_ONCE + done);
    await expect.poll(() => begun).toEqual(expected);
    gates[done]?.resolve();
  }
  await failed;
  expect(await Promise.allSettled(runs)).toHaveLength(gates.length);
  expect(queue.figures()).toEqual({ hashed: gates.length - 1, refused: 0 });
});

it('a request is refused while all places are taken, and each place is given back once', () => {
  const queue = createPasswordQueue();
  const places = Array.from({ length: PASSWORDS_AT_ONCE + PASSWORDS_WAITING_MAX }, () => queue.enter());
  expect(() => queue.enter()).toThrow(RateLimited);
  places[0]?.[Symbol.dispose]();
  places[0]?.[Symbol.dispose]();
  queue.enter();
  expect(() => queue.enter()).toThrow(RateLimited);
  expect(queue.figures()).toEqual({ hashed: 0, refused: 2 });
});
