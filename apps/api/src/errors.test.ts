import { expect, it } from 'vitest';
import { describeForLog } from './errors.ts';

it('an error without a stack is logged by its name and message', () => {
  const error = new TypeError('The signing key cannot be decrypted.');
  error.stack = '';
  expect(describeForLog(error)).toBe('TypeError: The signing key cannot be decrypted.');
});
