import { expect, it } from 'vitest';
import { logPart } from './log-parts.ts';

it('a part of a line is cut, and has no character that a terminal or a reader of lines obeys', () => {
  expect(logPart('a\nb\r\t\u001b[31mred\u0000\u009b\u2028\u200b')).toBe('a\\u000ab\\u000d\\u0009\\u001b[31mred\\u0000\\u009b\\u2028\\u200b');
  expect(logPart('Äpfel 🍎')).toBe('Äpfel 🍎');
  expect(logPart('x'.repeat(1_000_000))).toHaveLength(200);
});
