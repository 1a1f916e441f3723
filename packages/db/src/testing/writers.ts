import { randomUUID } from 'node:crypto';
import { and, eq, type SQL, sql } from 'drizzle-orm';
import { expect } from 'vitest';
import type { Database } from '../database.ts';
import { fieldValues } from '../entities.ts';
import { rewind } from '../log/rewind.ts';
import { type Kept, undo } from '../log/undo.ts';
import { owner, prepare } from '../owner-db.ts';
import { newTasks, tasks } from '../schema/tasks.ts';
import { eachField, patchValues, tables } from '../tables.ts';
import type { UserId } from '../user-id.ts';

const { placeholder } = sql;

const create = prepare((db) =>
  db
    .insert(newTasks)
    .values({ userId: owner, id: placeholder('id'), ...eachField('task', placeholder) })
    .onConflictDoNothing(),
);
const chosen = and(eq(tasks.userId, owner), sql`${tasks.id} = any(${placeholder('ids')}::uuid[])`);
const change = (set: SQL) =>
  prepare((db) =>
    db
      .with(db.$with('changed', {}).as(sql`update ${tasks} set ${set} where ${chosen}`))
      .select({ done: sql`true` })
      .from(sql`(select) call`),
  );
const edit = change(tables.task.patched());
const complete = change(sql`completed_at = case when ${placeholder('done')}::boolean then now() end`);
const remove = prepare((db) => db.delete(tasks).where(chosen));

/** Pseudo-random numbers from 0 to below 1 for a seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A call and its result. */
export interface Call {
  id: string;
  groupId: string;
  seq: number;
  /** The position that a rewind restored. */
  rewoundTo?: number;
  /** The calls that were undone, and what the undo kept. */
  undone?: { ids: string[]; kept: Kept[] };
}

/** Makes random changes for one owner in sequence. Other writers of the owner may run at the same time, with the same ids and list of calls. */
export class Writer {
  readonly #database: Database;
  readonly #owner: UserId;
  readonly #random: () => number;
  readonly #ids: string[];
  readonly calls: Call[];

  constructor(database: Database, whose: UserId, seed: number, ids: string[], calls: Call[]) {
    this.#database = database;
    this.#owner = whose;
    this.#random = randomFrom(seed);
    this.#ids = ids;
    this.calls = calls;
  }

  #below(end: number): number {
    return Math.floor(this.#random() * end);
  }

  #some(): string {
    return `{${this.#ids.filter(() => this.#random() < 0.2)}}`;
  }

  async act(): Promise<void> {
    const call: Call = { id: randomUUID(), groupId: this.calls[this.#below(4)]?.groupId ?? randomUUID(), seq: 0 };
    const db = this.#database.as(this.#owner, { mutation: { id: call.id, groupId: call.groupId, digest: Buffer.alloc(1) } });
    const one = this.#ids[this.#below(this.#ids.length)] ?? '';
    const [title, description] = [`T${this.#below(5)}`, ['', 'x', 'y'][this.#below(3)]];
    const dice = this.#random();
    if (dice < 0.25) call.seq = (await db.change(create, { ...fieldValues('task', {}), id: one, title, description })).seq;
    else if (dice < 0.45) call.seq = (await db.change(edit, { ...patchValues('task', { title }), ids: `{${one}}` })).seq;
    else if (dice < 0.55) call.seq = (await db.change(edit, { ...patchValues('task', { description }), ids: this.#some() })).seq;
    else if (dice < 0.68) call.seq = (await db.change(complete, { ids: this.#some(), done: this.#random() < 0.6 })).seq;
    else if (dice < 0.82) call.seq = (await db.change(remove, { ids: dice < 0.72 ? this.#some() : `{${one}}` })).seq;
    else if (dice < 0.9) {
      call.rewoundTo = this.calls[this.#below(this.calls.length)]?.seq ?? 0;
      call.seq = (await rewind(db, { seq: call.rewoundTo, time: null }, false))?.seq ?? -1;
    } else {
      const target = this.calls[this.#below(this.calls.length)];
      const byGroup = this.#random() < 0.5;
      if (!target) return;
      const members = () => (byGroup ? this.calls.filter(({ groupId }) => groupId === target.groupId) : [target]).map(({ id }) => id);
      const before = members();
      const done = await undo(db, byGroup ? { mutationId: null, groupId: target.groupId } : { mutationId: target.id, groupId: null }, false);
      expect(done).toMatchObject({ isFound: true, isKnown: true });
      call.seq = done?.seq ?? -1;
      // If a call joined the group concurrently, it is unknown whether it was undone.
      if (JSON.stringify(members()) === JSON.stringify(before)) call.undone = { ids: before, kept: done?.kept ?? [] };
    }
    this.calls.push(call);
  }
}
