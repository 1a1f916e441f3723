import { setImmediate as breathe } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Person, startTestApi, type TestApi } from '../testing/api.ts';
import type { Page } from '../testing/events.ts';
import { seqOf } from '../testing/events.ts';

const OWNERS = 3;
const WRITERS = 6;
const READERS = 3;
const CHANGES_PER_WRITER = 40;

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

type Client = Person['client']['jwt'];
type Task = Awaited<ReturnType<Client['tasks']['get']['query']>>;

const below = (end: number) => Math.floor(Math.random() * end);

/** Changes tasks at random. Concurrent writers may have removed them. */
async function write({ tasks }: Client, ids: string[]): Promise<void> {
  for (let i = 0; i < CHANGES_PER_WRITER; i += 1) {
    const id = ids[below(ids.length)] ?? '';
    const changes = [
      async () => void ids.push((await tasks.create.mutate({ title: `Task ${i}` })).id),
      () => tasks.edit.mutate({ id, title: `Edited ${i}` }),
      () => tasks.complete.mutate({ id }),
      () => tasks.reopen.mutate({ id }),
      () => tasks.remove.mutate({ id }),
      () => tasks.restore.mutate({ id }),
    ];
    const change = id === '' ? changes[0] : changes[below(changes.length)];
    await change?.().catch((error: unknown) => expect(error).toMatchObject({ data: { reason: 'TASK_NOT_FOUND' } }));
  }
}

/** A copy of an owner's tasks, and the positions of the changes it has received. */
class Replica {
  readonly tasks = new Map<string, Task>();
  readonly received: number[] = [];
  cursor: string | undefined;

  apply({ changes, cursor, reset }: Page): void {
    expect(reset).toBe(false);
    const isFirst = this.cursor === undefined || this.cursor.split('.').length === 3;
    for (const { seq, id, value } of changes) {
      if (isFirst) expect(seq).toBe(seqOf(cursor));
      else expect(seq).toBeGreaterThan(Math.max(seqOf(this.cursor ?? '0'), this.received.at(-1) ?? 0));
      expect(seq).toBeLessThanOrEqual(seqOf(cursor));
      this.received.push(seq);
      if (value) this.tasks.set(id, value);
      else this.tasks.delete(id);
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

async function everything({ tasks }: Client): Promise<Task[]> {
  const all: Task[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Awaited<ReturnType<typeof tasks.list.query>> = await tasks.list.query({ limit: 200, ...(cursor && { cursor }) });
    all.push(...page.items);
    cursor = page.nextCursor;
  }
  return all;
}

const byId = (tasks: Iterable<Task>) => [...tasks].sort((a, b) => a.id.localeCompare(b.id));

it('a client that applies the pages in order ends with the tasks of the server, while many writers commit', async () => {
  const owners = await Promise.all(
    Array.from({ length: OWNERS }, async () => {
      const client = (await api.signUp()).client.jwt;
      return { client, ids: [], replicas: Array.from({ length: READERS }, () => new Replica()) };
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
    const tasks = byId(await everything(client));
    const [newest] = (await client.history.list.query({ limit: 1 })).items;
    expect(newest?.seq).toBeGreaterThan(WRITERS);
    const late = new Replica();
    await late.follow(client, () => true);
    for (const replica of [...replicas, late]) {
      expect(byId(replica.tasks.values())).toEqual(tasks);
      expect(seqOf(replica.cursor ?? '0')).toBe(newest?.seq);
    }
    // A reader that starts at the end receives one change per task. Earlier readers also received superseded changes and removals.
    expect(late.received).toHaveLength(tasks.length);
    expect(Math.max(...replicas.map(({ received }) => received.length))).toBeGreaterThan(tasks.length);
  }
});
