import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findFailure } from '../connection/failure.ts';
import type { Database } from '../database.ts';
import { withConnection } from '../migrate/migrate.ts';
import { type CopiedTask, type Copy, differingStates, keepCopies, readCopies } from '../testing/copies.ts';
import { addOwner, createTestDatabase, inspect, type TestDatabase } from '../testing/database.ts';
import { type Call, Writer } from '../testing/writers.ts';
import type { UserId } from '../user-id.ts';
import { rewind } from './rewind.ts';
import { verifyLog } from './verify.ts';

let own: TestDatabase;
let database: Database;
beforeAll(async () => {
  own = await createTestDatabase();
  await keepCopies(own);
  database = own.open();
});
afterAll(() => own[Symbol.asyncDispose]());

const columns = ['title', 'description', 'completed_at'] as const;
const content = (task: CopiedTask | undefined) => task && columns.map((column) => task[column]);
const contents = ({ tasks: all }: Copy) => new Map([...all].map(([id, task]) => [id, content(task)]));
const isTouched = (id: string, before: Copy, after: Copy) => JSON.stringify(before.tasks.get(id)) !== JSON.stringify(after.tasks.get(id));

/** The copies before and after a change. */
interface Step {
  before: Copy;
  after: Copy;
}

/** The expected result of undoing `own` at `now` for a task, and its expected `kept`; undefined when these calls did not change it. */
function expectedOf(id: string, own: Step[], since: Step[], now: Copy) {
  const [first] = own.filter(({ before, after }) => isTouched(id, before, after));
  if (!first) return undefined;
  const later = since.filter(({ before, after }) => after.seq >= first.after.seq && isTouched(id, before, after));
  const foreign = later.filter((step) => !own.includes(step));
  if (foreign.length === 0) return { content: content(first.before.tasks.get(id)), kept: undefined };
  const task = now.tasks.get(id);
  const isMade = later.some((step) => !step.before.tasks.has(id));
  const isGone = !task && !own.includes(later.at(-1) ?? first);
  if (isMade || isGone) return { content: content(task), kept: [] };
  const base = task ?? later.at(-1)?.before.tasks.get(id);
  const found = columns.map((column) => {
    let value = base?.[column] ?? null;
    for (const step of later.filter((one) => own.includes(one)).reverse()) {
      const [old, made] = [step.before.tasks.get(id)?.[column] ?? null, step.after.tasks.get(id)?.[column] ?? null];
      if (!step.after.tasks.has(id) || old === made) continue;
      if (made !== value) return { column, value, isKept: true };
      value = old;
    }
    return { column, value, isKept: false };
  });
  const kept = found.filter(({ isKept }) => isKept).map(({ column }) => column);
  return { content: found.map(({ value }) => value), kept: kept.length > 0 ? kept.sort() : undefined };
}

/** Compares every call with the copies, in log order. */
function check(calls: Call[], copies: Copy[], ids: string[]): void {
  const steps = copies.slice(1).map((after, i): Step => ({ before: copies[i] ?? after, after }));
  const at = (seq: number) => copies.find((copy) => copy.seq === seq);
  for (const call of calls) {
    const step = steps.find(({ after }) => after.mutation === call.id);
    const [now, then] = [step?.before ?? at(call.seq), at(call.seq)];
    if (!now || !then) throw new Error(`There is no copy at ${call.seq}.`);
    const target = call.rewoundTo === undefined ? undefined : at(call.rewoundTo);
    if (target) expect(contents(then), `rewind at ${call.seq} to ${call.rewoundTo}`).toEqual(contents(target));
    const { undone } = call;
    if (!undone) continue;
    const taken = steps.filter(({ after }) => undone.ids.includes(after.mutation ?? '') && after.seq <= now.seq);
    const since = steps.filter(({ after }) => after.seq <= now.seq);
    for (const id of ids) {
      const expected = expectedOf(id, taken, since, now);
      const what = `undo at ${call.seq} of ${taken.map(({ after }) => after.seq)}: ${id}`;
      expect(content(then.tasks.get(id)), what).toEqual(expected ? expected.content : content(now.tasks.get(id)));
      expect(undone.kept.find((kept) => kept.id === id)?.columns, what).toEqual(expected?.kept);
    }
  }
}

const verdict = (whose: UserId) => withConnection(own.ownerUrl, (connection) => verifyLog(connection, whose));
const newIds = () => Array.from({ length: 12 }, () => randomUUID());

async function checkAll(whose: UserId, calls: Call[], ids: string[]): Promise<void> {
  const copies = await readCopies(own, whose);
  check(calls, copies, ids);
  expect(await differingStates(own, whose)).toEqual([]);
  expect(await verdict(whose)).not.toHaveProperty('fault');
  const cut = copies[Math.floor(copies.length / 2)]?.seq ?? 0;
  await inspect(own.ownerUrl, `select trim_log('${whose}', ${cut})`);
  expect(await differingStates(own, whose, cut)).toEqual([]);
  expect(await verdict(whose)).not.toHaveProperty('fault');
  const db = database.as(whose);
  expect(await rewind(db, { seq: cut - 1, time: null }, false)).toBeUndefined();
  const dry = await rewind(db, { seq: cut, time: null }, true);
  const wet = await rewind(db, { seq: cut, time: null }, false);
  expect(wet).toMatchObject({ restored: dry?.restored, edited: dry?.edited, removed: dry?.removed });
  const [last] = (await readCopies(own, whose)).slice(-1);
  const [there] = copies.filter(({ seq }) => seq === cut);
  expect(last && contents(last)).toEqual(there && contents(there));
  expect(await verdict(whose)).not.toHaveProperty('fault');
}

describe('any sequence of changes to an owner’s tasks', () => {
  it.each([1, 2, 3])('the log leads back to every number, and rewind and undo do what they say: seed %i', async (seed) => {
    const ada = await addOwner(own);
    const ids = newIds();
    const writer = new Writer(database, ada, seed, ids, []);
    for (let i = 0; i < 150; i += 1) await writer.act();
    await checkAll(ada, writer.calls, ids);
  });

  it.each([11, 12])('it does so for 8 writers at once, who all get through: seed %i', async (seed) => {
    const ada = await addOwner(own);
    const [ids, calls]: [string[], Call[]] = [newIds(), []];
    const writers = Array.from({ length: 8 }, (_, i) => new Writer(database, ada, seed * 100 + i, ids, calls));
    const failures: unknown[] = [];
    await Promise.all(
      writers.map(async (writer) => {
        for (let i = 0; i < 25; i += 1) await writer.act().catch((error: unknown) => failures.push(findFailure(error)?.cause ?? error));
      }),
    );
    expect(failures).toEqual([]);
    await checkAll(ada, calls, ids);
  });
});
