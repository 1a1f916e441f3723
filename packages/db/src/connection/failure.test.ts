import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { inspect } from '../testing/database.ts';
import { DatabaseFailure, type FailureRule, failureRules, toFailure } from './failure.ts';

const page = readFileSync(join(import.meta.dirname, '..', '..', '..', '..', 'docs', 'reliability.md'), 'utf8');

it('the table of docs/reliability.md is that of the code', () => {
  const rows = [...page.matchAll(/^\| `(\w+)` \| [^|]+ \| `(\w+)` \| (closed|kept)[^|]* \|$/gm)];
  const documented = Object.fromEntries(rows.map(([, code = '', reason, connection]) => [code, { reason, ...(connection === 'closed' && { ends: true }) }]));
  expect(documented).toEqual(failureRules satisfies Record<string, FailureRule>);
});

it.each([
  ['40P01', 'DATABASE_UNAVAILABLE'],
  ['40001', 'DATABASE_UNAVAILABLE'],
  ['53100', 'STORAGE_FULL'],
  ['53200', 'DATABASE_UNAVAILABLE'],
  ['57014', 'DEADLINE_EXCEEDED'],
  ['57P05', 'DATABASE_UNAVAILABLE'],
  ['25006', 'DATABASE_UNAVAILABLE'],
  ['23505', undefined],
  ['XX000', undefined],
])('SQLSTATE %s means %s', async (code, reason) => {
  const { superuserUrl } = inject('postgres');
  const error = await inspect(superuserUrl, `do $$ begin raise sqlstate '${code}'; end $$`).catch((thrown: unknown) => thrown);
  const failure = toFailure(error instanceof DatabaseFailure ? error.cause : error);
  expect(failure instanceof DatabaseFailure ? failure.reason : undefined).toBe(reason);
});
