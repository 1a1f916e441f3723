import { expect, it } from 'vitest';
import { positionBetween } from './replica.ts';

it('lies between its neighbours, at the beginning and at the end', () => {
  expect(positionBetween(null, null)).toBe('a0');
  const [first, second] = ['a0', positionBetween('a0', null)];
  const middle = positionBetween(first, second);
  expect([positionBetween(null, first), first, middle, second].sort()).toEqual([positionBetween(null, first), first, middle, second]);
});

it('is tied with its neighbours where they leave no room', () => {
  expect(positionBetween('a0', 'a0')).toBe('a0');
});
