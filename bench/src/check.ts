import type { Call, Operation } from './operations.ts';
import type { Sql } from './postgres.ts';
import type { Target } from './target.ts';

const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value) ?? 'null');

/** Whether an answer matches; it may have additional fields, but no additional items. */
function holds(answer: unknown, expected: unknown): boolean {
  if (Array.isArray(expected)) return Array.isArray(answer) && answer.length === expected.length && expected.every((item, i) => holds(answer[i], item));
  if (expected === null || typeof expected !== 'object') return Object.is(answer, expected);
  return Object.entries(expected).every(([name, value]) => holds(Object(answer)[name], value));
}

/** Sends one request and compares the answer with the database. Throws if they differ. */
export async function check(url: string, target: Target, operation: Operation, call: Call, sql: Sql): Promise<void> {
  const { path, ...init } = target.request(call);
  const response = await fetch(`${url}${path}`, init);
  const text = await response.text();
  const wrong = (why: string) => new Error(`${target.name}: wrong answer to ${operation.name}: ${why}:\n${init.method} ${path}\n${text.slice(0, 2_000)}`);
  if (!response.ok) throw wrong(`status ${response.status}`);
  const answer = target.unwrap(JSON.parse(text));
  const expected = asJson(await operation.expected(sql, call, answer));
  const isTask = (value: object) => 'id' in value;
  const isEmpty = (value: unknown) =>
    value === null || (!isTask(Object(value)) && Object.values(Object(value)).some((items) => Array.isArray(items) && items.length === 0));
  if (isEmpty(expected)) throw wrong('no row in the database to compare with');
  if (!holds(answer, expected)) throw wrong(`it differs from the database, which has\n${JSON.stringify(expected).slice(0, 2_000)}\n`);
}
