import { generateKeyBetween } from 'fractional-indexing';

/**
 * The key of an entry between two others, as the server will choose it; null stands for the beginning or the end. For a row that is shown before its call is answered.
 * If the keys leave no room it returns the lower one, until the server has given the neighbours new keys.
 */
export const positionBetween = (after: string | null, before: string | null): string =>
  after !== null && before !== null && after >= before ? after : generateKeyBetween(after, before);
