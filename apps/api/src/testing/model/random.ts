import { v4 as uuidv4 } from 'uuid';

/** A seeded random number generator (mulberry32). */
export function createRandom(seed: number) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (end: number) => Math.floor(next() * end);
  function one<Item>(items: readonly Item[]): Item {
    const item = items[below(items.length)];
    if (item === undefined) throw new Error('There is nothing to choose from.');
    return item;
  }
  const some = <Item>(items: readonly Item[], most: number) => [...new Set(Array.from({ length: 1 + below(most) }, () => one(items)))];
  const uuid = () => uuidv4({ random: Uint8Array.from({ length: 16 }, () => below(256)) });
  return { below, one, some, uuid };
}

export type Random = ReturnType<typeof createRandom>;
