import { randomUUID } from 'node:crypto';
import type { TestApi } from '@todo/api/testing';
import { afterAll, expect, onTestFinished } from 'vitest';
import { createTodoClient, type TodoClient } from '../index.ts';
import { createReplica, type Replica, type ReplicaOptions } from '../replica.ts';
import { type Loopback, listen } from './client.ts';

export const newcomer = (name = 'Ada') => ({ name, email: `${randomUUID()}@example.com`, password: 'correct horse' });

export interface Scene {
  /** Two servers of the same API. Each can be cut off. */
  server: Loopback;
  other: Loopback;
  /** The input of each watch. */
  begun: unknown[];
  /** Ends the next watch after one page. */
  breakOff(): void;
  /** A user with two clients, one for each server. */
  twoClients(person?: ReturnType<typeof newcomer>): Promise<{ here: TodoClient; there: TodoClient; userId: string }>;
}

export const WATCH_PATH = '/trpc/sync.watch';

/** Ends the stream after one event, which is complete with the empty line after its id. */
function onePage(): TransformStream<Uint8Array, Uint8Array> {
  let isLast = false;
  return new TransformStream({
    transform: (chunk, controller) => {
      const text = new TextDecoder().decode(chunk);
      controller.enqueue(chunk);
      if (isLast) controller.terminate();
      isLast ||= text.startsWith('id: ');
    },
  });
}

/** How often the server polls for changes and checks credentials. */
export const watching = { pollIntervalMs: 20, credentialCheckIntervalMs: 100 };

/** The whole API for one test file. */
export async function startScene(api: TestApi): Promise<Scene> {
  const cleanUp = new AsyncDisposableStack();
  afterAll(() => cleanUp.disposeAsync());
  cleanUp.use(api);
  const begun: unknown[] = [];
  let breaking: TransformStream | undefined;
  const serve = () =>
    listen(async (request) => {
      const { pathname, searchParams } = new URL(request.url);
      const response = await api.fetch(request.url, request);
      if (pathname !== WATCH_PATH) return response;
      begun.push(JSON.parse(searchParams.get('input') ?? ''));
      const broken = breaking && response.body?.pipeThrough(breaking);
      breaking = undefined;
      return broken ? new Response(broken, response) : response;
    });
  const [server, other] = [cleanUp.use(await serve()), cleanUp.use(await serve())];
  const twoClients = async (person = newcomer()) => {
    const [here, there] = [createTodoClient({ url: server.url }), createTodoClient({ url: other.url })];
    const { id: userId } = await here.signUp(person);
    await there.signIn(person);
    return { here, there, userId };
  };
  const breakOff = () => {
    breaking = onePage();
  };
  return { server, other, begun, breakOff, twoClients };
}

/** A replica, and its state and tasks at each notification. The end of the test closes it. */
export function replicaOf(todo: TodoClient, options?: ReplicaOptions) {
  const replica = createReplica(todo, options);
  onTestFinished(() => replica.close());
  const seen: { userId: string | null; state: string; ids: string[] }[] = [];
  replica.subscribe(() => seen.push({ userId: replica.userId, state: replica.state, ids: [...replica.tasks().keys()] }));
  return { replica, seen };
}

const byId = <Item extends { id: string }>(items: Iterable<Item>) => [...items].sort((a, b) => a.id.localeCompare(b.id));
export const shown = (replica: Replica) => byId(replica.tasks().values());

interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

async function allPages<Item extends { id: string }>(list: (input: { limit: number; cursor: string | undefined }) => Promise<Page<Item>>): Promise<Item[]> {
  const all: Item[] = [];
  let cursor: string | null | undefined;
  do {
    const page: Page<Item> = await list({ limit: 200, cursor: cursor ?? undefined });
    all.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return byId(all);
}

/** All tasks, and all lists. */
export const everything = ({ tasks }: TodoClient) => allPages(tasks.list);
export const everyList = ({ lists }: TodoClient) => allPages(lists.list);

/** Matches the cursor at a log position. */
export const cursorAt = (seq: number): unknown => expect.stringMatching(new RegExp(`^${seq}\\.[\\da-f]{16}$`));

/** Matches a cursor within a first read that began at a log position. */
export const cursorWithin = (seq: number): unknown => expect.stringMatching(new RegExp(`^${seq}\\.[\\da-f]{16}\\.task\\.[\\da-f-]{36}$`));

export const untilState = (replica: Replica, state: string) => expect.poll(() => replica.state).toBe(state);
export async function untilEqual(replica: Replica, todo: TodoClient): Promise<void> {
  const expected = [await everyList(todo), await everything(todo)];
  await expect.poll(() => [byId(replica.lists().values()), shown(replica)]).toEqual(expected);
}

export const createMany = ({ tasks }: TodoClient, count: number) =>
  tasks.createMany({ tasks: Array.from({ length: count }, (_, i) => ({ title: `Task ${i}` })) });
