import { randomUUID } from 'node:crypto';
import { and, eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../database.ts';
import { withConnection } from '../migrate/migrate.ts';
import { owner, prepare } from '../owner-db.ts';
import { newTasks, tasks } from '../schema/tasks.ts';
import { addOwner, createTestDatabase, inspect, type TestDatabase } from '../testing/database.ts';
import type { UserId } from '../user-id.ts';
import { rewind } from './rewind.ts';
import { undo } from './undo.ts';
import { verifyLog } from './verify.ts';

const { placeholder } = sql;

let own: TestDatabase;
let database: Database;
let ada: UserId;
beforeAll(async () => {
  own = await createTestDatabase();
  database = own.open();
});
beforeEach(async () => {
  ada = await addOwner(own, 2);
});
afterAll(() => own[Symbol.asyncDispose]());

const create = prepare((db) =>
  db.insert(newTasks).values({ userId: owner, id: placeholder('id'), title: placeholder('title'), description: '', completedAt: null }),
);
const called = and(eq(tasks.userId, owner), eq(tasks.title, placeholder('from')));
const rename = prepare((db) =>
  db
    .update(tasks)
    .set({ title: sql`${placeholder('to')}` })
    .where(called),
);
const describeAs = prepare((db) =>
  db
    .update(tasks)
    .set({ description: sql`${placeholder('to')}` })
    .where(called),
);
const both = prepare((db) =>
  db
    .update(tasks)
    .set({ title: sql`${placeholder('to')}`, description: sql`${placeholder('to')}` })
    .where(called),
);
const remove = prepare((db) => db.delete(tasks).where(called));

/** A call by Ada with an idempotency key, optionally in a group. */
const call = (id: string, groupId?: string) => database.as(ada, { mutation: { id, groupId, digest: Buffer.alloc(1) } });
const take = (mutationId: string, isDryRun = false, notes = {}) => undo(database.as(ada, notes), { mutationId, groupId: null }, isDryRun);
const takeGroup = (groupId: string) => undo(database.as(ada), { mutationId: null, groupId }, false);

const content = async () =>
  (await inspect(own.superuserUrl, `select title || ': ' || description as said from tasks where user_id = '${ada}' order by title`)).map(({ said }) => said);
const idOf = async (title: string) => (await inspect(own.superuserUrl, `select id from tasks where user_id = '${ada}' and title = '${title}'`))[0]?.id;
const isSound = async () => expect(await withConnection(own.ownerUrl, (connection) => verifyLog(connection, ada))).not.toHaveProperty('fault');

const nothing = { restored: 0, edited: 0, removed: 0, kept: [], keptCount: 0 };
const found = { ...nothing, isFound: true, isKnown: true };

describe('undoing a call', () => {
  it('sets fields back, removes what it made and brings back what it removed; a dry run says so and does nothing', async () => {
    const [edit, creation, removal] = [randomUUID(), randomUUID(), randomUUID()];
    await call(edit).change(both, { from: 'Task 1', to: 'X' });
    await call(creation).change(create, { id: randomUUID(), title: 'New' });
    await call(removal).change(remove, { from: 'Task 2' });
    expect(await take(edit, true)).toEqual({ ...found, edited: 1, seq: 5 });
    expect(await content()).toEqual(['New: ', 'X: X']);
    expect(await take(edit)).toEqual({ ...found, edited: 1, seq: 6 });
    expect(await take(creation)).toEqual({ ...found, removed: 1, seq: 7 });
    expect(await take(removal)).toEqual({ ...found, restored: 1, seq: 8 });
    expect(await content()).toEqual(['Task 1: ', 'Task 2: ']);
    await isSound();
  });

  it('keeps what others have changed since, and names it by its fields', async () => {
    const edit = randomUUID();
    await call(edit).change(both, { from: 'Task 1', to: 'X' });
    await database.as(ada).change(describeAs, { from: 'X', to: 'Since' });
    const id = await idOf('X');
    expect(await take(edit)).toMatchObject({ edited: 1, kept: [{ entity: 'task', id, columns: ['description'] }], keptCount: 1 });
    expect(await content()).toEqual(['Task 1: Since', 'Task 2: ']);
    await isSound();
  });

  it('keeps as a whole what it made and others have changed, what others have removed, and what others have made anew', async () => {
    const [creation, edit, again] = [randomUUID(), randomUUID(), randomUUID()];
    const made = randomUUID();
    await call(creation).change(create, { id: made, title: 'New' });
    await database.as(ada).change(describeAs, { from: 'New', to: 'Since' });
    const [one, two] = [await idOf('Task 1'), await idOf('Task 2')];
    await call(edit).change(rename, { from: 'Task 1', to: 'X' });
    await database.as(ada).change(remove, { from: 'X' });
    await call(again).change(rename, { from: 'Task 2', to: 'Y' });
    await database.as(ada).change(remove, { from: 'Y' });
    await database.as(ada).change(create, { id: two, title: 'Y' });
    for (const [key, id] of [
      [creation, made],
      [edit, one],
      [again, two],
    ] as const) {
      expect(await take(key)).toMatchObject({ ...nothing, kept: [{ entity: 'task', id, columns: [] }], keptCount: 1 });
    }
    expect(await content()).toEqual(['New: Since', 'Y: ']);
  });

  it('takes a field back also where others have changed another one', async () => {
    const edit = randomUUID();
    await call(edit).change(rename, { from: 'Task 1', to: 'X' });
    await database.as(ada).change(describeAs, { from: 'X', to: 'Since' });
    expect(await take(edit)).toEqual({ ...found, edited: 1, seq: 5 });
    expect(await content()).toEqual(['Task 1: Since', 'Task 2: ']);
  });

  it('that changed nothing, or was undone already, does nothing', async () => {
    const [idle, edit] = [randomUUID(), randomUUID()];
    await call(idle).change(rename, { from: 'Nobody', to: 'X' });
    await call(edit).change(rename, { from: 'Task 1', to: 'X' });
    await take(edit);
    expect(await take(idle)).toEqual({ ...found, seq: 4 });
    expect(await take(edit)).toMatchObject({ ...nothing, keptCount: 1, kept: [{ columns: ['title'] }], seq: 4 });
    expect(await content()).toEqual(['Task 1: ', 'Task 2: ']);
  });

  it('is a call too, which can be undone; and so is a rewind', async () => {
    const [edit, taking, rewinding] = [randomUUID(), randomUUID(), randomUUID()];
    await call(edit).change(both, { from: 'Task 1', to: 'X' });
    await undo(call(taking), { mutationId: edit, groupId: null }, false);
    expect(await take(taking)).toMatchObject({ edited: 1 });
    expect(await content()).toEqual(['Task 2: ', 'X: X']);
    await rewind(call(rewinding), { seq: 0, time: null }, false);
    expect(await content()).toEqual([]);
    expect(await take(rewinding)).toMatchObject({ restored: 2 });
    expect(await content()).toEqual(['Task 2: ', 'X: X']);
    await isSound();
  });

  it('that nobody knows says so', async () => {
    expect(await take(randomUUID())).toEqual({ ...nothing, isFound: false, isKnown: true, seq: 2 });
    const edit = randomUUID();
    await call(edit).change(rename, { from: 'Task 1', to: 'X' });
    const ben = await addOwner(own);
    expect(await undo(database.as(ben), { mutationId: edit, groupId: null }, false)).toMatchObject({ isFound: false });
  });

  it('does nothing where the log no longer reaches so far', async () => {
    const [edit, later] = [randomUUID(), randomUUID()];
    await call(edit).change(rename, { from: 'Task 1', to: 'X' });
    await database.as(ada).change(rename, { from: 'X', to: 'Y' });
    await call(later).change(rename, { from: 'Task 2', to: 'Z' });
    await inspect(own.ownerUrl, `select trim_log('${ada}', 3)`);
    expect(await take(edit)).toMatchObject({ ...nothing, isFound: true, isKnown: false });
    expect(await take(later)).toMatchObject({ isKnown: true, edited: 1 });
    expect(await content()).toEqual(['Task 2: ', 'Y: ']);
    await isSound();
  });
});

describe('undoing a group of calls', () => {
  it('takes all of them back, whatever others did in between', async () => {
    const group = randomUUID();
    await call(randomUUID(), group).change(rename, { from: 'Task 1', to: 'X' });
    await database.as(ada).change(describeAs, { from: 'Task 2', to: 'Since' });
    await call(randomUUID(), group).change(rename, { from: 'X', to: 'Y' });
    await call(randomUUID(), group).change(create, { id: randomUUID(), title: 'New' });
    await call(randomUUID(), group).change(rename, { from: 'New', to: 'Newer' });
    await call(randomUUID()).change(create, { id: randomUUID(), title: 'Other' });
    expect(await takeGroup(group)).toEqual({ ...found, edited: 1, removed: 1, seq: 10 });
    expect(await content()).toEqual(['Other: ', 'Task 1: ', 'Task 2: Since']);
    await isSound();
  });

  it('goes back through them as far as a field still had the value of each', async () => {
    const group = randomUUID();
    await call(randomUUID(), group).change(rename, { from: 'Task 1', to: 'X' });
    await database.as(ada).change(rename, { from: 'X', to: 'Between' });
    await call(randomUUID(), group).change(rename, { from: 'Between', to: 'Y' });
    const id = await idOf('Y');
    expect(await takeGroup(group)).toMatchObject({ edited: 1, kept: [{ id, columns: ['title'] }] });
    expect(await content()).toEqual(['Between: ', 'Task 2: ']);
  });

  it('does nothing where one of them began before the log does', async () => {
    const group = randomUUID();
    await call(randomUUID(), group).change(rename, { from: 'Task 1', to: 'X' });
    await call(randomUUID(), group).change(rename, { from: 'Task 2', to: 'Y' });
    await inspect(own.ownerUrl, `select trim_log('${ada}', 3)`);
    expect(await takeGroup(group)).toMatchObject({ ...nothing, isFound: true, isKnown: false });
    expect(await content()).toEqual(['X: ', 'Y: ']);
  });
});
