import { randomUUID } from 'node:crypto';
import { setImmediate as breathe } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Person, startTestApi, type TestApi } from '../testing/api.ts';
import type { Page } from '../testing/events.ts';
import { seqOf } from '../testing/events.ts';

const OWNERS = 3;
const WRITERS = 4;
const READERS = 2;
const CHANGES_PER_WRITER = 40;

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

type Client = Person['client']['jwt'];
type Value = { id: string };

interface Ids {
  lists: string[];
  tasks: string[];
}

const below = (end: number) => Math.floor(Math.random() * end);

/** Changes lists and tasks at random. Concurrent writers may have removed them. */
async function write({ lists, tasks }: Client, ids: Ids): Promise<void> {
  for (let i = 0; i < CHANGES_PER_WRITER; i += 1) {
    const id = ids.tasks[below(ids.tasks.length)] ?? '';
    const list = ids.lists[below(ids.lists.length)] ?? randomUUID();
    const changes = [
      async () => void ids.tasks.push((await tasks.create.mutate({ title: `Task ${i}`, ...(ids.lists.length > 0 && { listId: list }) })).id),
      () => tasks.edit.mutate({ id, title: `Edited ${i}` }),
      () => tasks.complete.mutate({ id }),
      () => tasks.reopen.mutate({ id }),
      () => tasks.remove.mutate({ id }),
      () => tasks.restore.mutate({ id }),
      async () => void ids.lists.push((await lists.create.mutate({ name: `List ${i}` })).id),
      () => lists.edit.mutate({ id: list, color: `#00000${i % 10}` }),
      () => lists.archive.mutate({ id: list }),
      () => lists.remove.mutate({ id: list, tasks: below(2) ? 'inbox' : 'remove' }),
    ];
    const change = id === '' ? changes[0] : changes[below(changes.length)];
    await change?.().catch((error: unknown) => expect(error).toMatchObject({ data: { reason: expect.stringMatching(/^(TASK|LIST)_NOT_FOUND$/) } }));
  }
}

/** A copy of an owner's lists and tasks, and the positions of the changes it has received. */
class Replica {
  readonly values = new Map<string, Value>();
  readonly received: number[] = [];
  cursor: string | undefined;

  apply({ changes, cursor, reset }: Page): void {
    expect(reset).toBe(false);
    const isFirst = this.cursor === undefined || this.cursor.split('.').length === 4;
    for (const { seq, id, value } of changes) {
      if (isFirst) expect(seq).toBe(seqOf(cursor));
      else expect(seq).toBeGreaterThan(Math.max(seqOf(this.cursor ?? '0'), this.received.at(-1) ?? 0));
      expect(seq).toBeLessThanOrEqual(seqOf(cursor));
      this.received.push(seq);
      if (value) this.values.set(id, value);
      else this.values.delete(id);
    }
    this.cursor = cursor;
  }

  /** Reads until `isLast` returns true and no page is left. */
  async follow({ sync }: Client, isLast: () => boolean): Promise<void> {
    for (let more = true, last = false; more || !last; ) {
      last = isLast();
      const page = await sync.changes.query({ cursor: this.cursor, limit: 1 + below(8) });
      this.apply(page);
      more = page.more;
      await breathe();
    }
  }
}

async function everything({ lists, tasks }: Client): Promise<Value[]> {
  const all: Value[] = [];
  for (const { list } of [lists, tasks]) {
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: { items: Value[]; nextCursor: string | null } = await list.query({ limit: 200, ...(cursor && { cursor }) });
      all.push(...page.items);
      cursor = page.nextCursor;
    }
  }
  return all;
}

const byId = (values: Iterable<Value>) => [...values].sort((a, b) => a.id.localeCompare(b.id));

it('a client that applies the pages in order ends with the lists and tasks of the server, while many writers commit', async () => {
  const owners = await Promise.all(
    Array.from({ length: OWNERS }, async () => {
      const client = (await api.signUp()).client.jwt;
      return { client, ids: { lists: [], tasks: [] }, replicas: Array.from({ length: READERS }, () => new Replica()) };
    }),
  );
  let writing = true;
  const writers = owners.flatMap(({ client, ids }) => Array.from({ length: WRITERS }, () => write(client, ids)));
  const readers = owners.flatMap(({ client, replicas }) => replicas.map((replica) => replica.follow(client, () => !writing)));
  await Promise.all(writers).finally(() => {
    writing = false;
  });
  await Promise.all(readers);

  for (const { client, replicas } of owners) {
    const values = byId(await everything(client));
    const [newest] = (await client.history.list.query({ limit: 1 })).items;
    expect(newest?.seq).toBeGreaterThan(WRITERS);
    const late = new Replica();
    await late.follow(client, () => true);
    for (const replica of [...replicas, late]) {
      expect(byId(replica.values.values())).toEqual(values);
      expect(seqOf(replica.cursor ?? '0')).toBe(newest?.seq);
    }
    // A reader that starts at the end receives one change per entity. Earlier readers also received superseded changes and removals.
    expect(late.received).toHaveLength(values.length);
    expect(Math.max(...replicas.map(({ received }) => received.length))).toBeGreaterThan(values.length);
  }
});
