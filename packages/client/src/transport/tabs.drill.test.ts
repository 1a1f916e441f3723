import { randomUUID } from 'node:crypto';
import { setImmediate as nextEvent, setTimeout as pause } from 'node:timers/promises';
import { BASE_URL, startTestApi } from '@todo/api/testing';
import { IMPORT_MAX_ITEMS } from '@todo/contract';
import { afterAll, afterEach, expect, inject, it, vi } from 'vitest';
import { createTodoClient, type TodoClient, TodoError } from '../index.ts';
import { fetchOfPage, listen } from '../testing/client.ts';
import { everything, newcomer } from '../testing/replica.ts';
import { createMemoryStore } from './token.ts';

const [STEPS, TIME_LIMIT_MS] = inject('drills') === 'long' ? [10_000, 3_600_000] : [300, 240_000];
/** Calls of one tab that are under way together. */
const OPEN_CALLS = 4;
/** The share of requests that are lost before they are processed, and of responses that are lost. */
const LOST = 0.06;
const LATE_MS = 15;

const cleanUp = new AsyncDisposableStack();
afterAll(() => cleanUp.disposeAsync());
afterEach(() => vi.unstubAllGlobals());

const api = cleanUp.use(await startTestApi());
const calm = cleanUp.use(await listen((request) => api.fetch(request.url, request)));
const below = (end: number) => Math.floor(Math.random() * end);
const badGateway = () => new Response('<h1>Bad gateway</h1>', { status: 502 });
/** A network that delays, and loses requests and responses. */
const wild = cleanUp.use(
  await listen(async (request) => {
    await pause(below(LATE_MS));
    if (Math.random() < LOST) return badGateway();
    const response = await api.fetch(request.url, request);
    await pause(below(LATE_MS));
    if (Math.random() >= LOST) return response;
    await response.body?.cancel();
    return badGateway();
  }),
);

type Person = ReturnType<typeof newcomer> & { id: string };

/** A loaded page: its client, and the user id that the client has last given it: null for nobody, undefined before that. */
interface Page {
  todo: TodoClient;
  user?: string | null;
}

/** Names in the title for whom a call is begun. Before a page knows who is signed in, a call is for whoever is. */
const titleOn = ({ user }: Page) => `${user === undefined ? 'whoever' : (user ?? 'nobody')} ${randomUUID()}`;

class Tab {
  /** Titles of which a call said that they are stored. */
  readonly kept: string[] = [];
  /** How often each act had each outcome. */
  readonly outcomes = new Map<string, number>();
  readonly #people: Person[];
  readonly #load: () => TodoClient;
  #page: Page;

  constructor(people: Person[], load: () => TodoClient) {
    this.#people = people;
    this.#load = load;
    this.#page = { todo: load() };
  }

  readonly #acts: Record<string, (page: Page) => Promise<void>> = {
    create: async (page) => {
      const title = titleOn(page);
      await page.todo.tasks.create({ title });
      this.kept.push(title);
    },
    import: async (page) => {
      const tasks = Array.from({ length: IMPORT_MAX_ITEMS + 1 }, () => ({ id: randomUUID(), title: titleOn(page) }));
      await page.todo.importTasks(tasks);
      this.kept.push(...tasks.map(({ title }) => title));
    },
    signIn: async (page) => {
      const person = this.#people[below(this.#people.length)];
      if (person) page.user = (await page.todo.signIn(person)).id;
    },
    signOut: (page) =>
      page.todo.signOut().finally(() => {
        page.user = null;
      }),
    ask: async (page) => {
      page.user = (await page.todo.currentUser())?.id ?? null;
    },
    reload: async () => {
      this.#page = { todo: this.#load() };
    },
  };

  #choose(): string {
    const dice = below(1000);
    if (this.#page.user === null && dice < 300) return 'signIn';
    return dice < 4 ? 'import' : dice < 40 ? 'signIn' : dice < 55 ? 'signOut' : dice < 170 ? 'ask' : dice < 180 ? 'reload' : 'create';
  }

  async #step(): Promise<void> {
    const name = this.#choose();
    const outcome = await this.#acts[name]?.(this.#page).then(
      () => 'done',
      (error: unknown) => (error instanceof TodoError ? error.reason : Promise.reject(error)),
    );
    this.outcomes.set(`${name}: ${outcome}`, (this.outcomes.get(`${name}: ${outcome}`) ?? 0) + 1);
  }

  async run(steps: number): Promise<void> {
    const open = new Set<Promise<void>>();
    for (let i = 0; i < steps; i += 1) {
      const step = this.#step().finally(() => open.delete(step));
      open.add(step);
      if (open.size >= OPEN_CALLS) await Promise.race(open);
      // Acts of a person are events of their own: between them, an application learns what its calls returned.
      await nextEvent();
    }
    await Promise.all(open);
  }
}

it.each(['cookie', 'store'] as const)(
  'no task is in another list than that of whom it was made for, in two tabs that share a %s',
  async (kind) => {
    const people = await Promise.all(
      ['Ada', 'Ben'].map(async (name): Promise<Person> => {
        const person = newcomer(name);
        return { ...person, id: (await createTodoClient({ url: calm.url }).signUp(person)).id };
      }),
    );
    const { fetch } = globalThis;
    const page = fetchOfPage(BASE_URL);
    vi.stubGlobal('fetch', (url: string, init?: RequestInit) => (url.startsWith(wild.url) ? page : fetch)(url, init));
    const store = createMemoryStore();
    const load = () => createTodoClient({ url: wild.url, session: kind === 'cookie' ? 'cookie' : store });
    const tabs = [new Tab(people, load), new Tab(people, load)];
    await Promise.all(tabs.map((tab) => tab.run(STEPS / 2)));

    const found: string[] = [];
    for (const person of people) {
      const todo = createTodoClient({ url: calm.url });
      await todo.signIn(person);
      const titles = (await everything(todo)).map(({ title }) => title);
      expect(titles.filter((title) => !title.startsWith(person.id) && !title.startsWith('whoever'))).toEqual([]);
      found.push(...titles);
    }
    expect(new Set(found).size).toBe(found.length);
    const stored = new Set(found);
    expect(tabs.flatMap(({ kept }) => kept).filter((title) => !stored.has(title))).toEqual([]);
    const outcomes = new Set(tabs.flatMap((tab) => [...tab.outcomes.keys()]));
    for (const outcome of ['create: done', 'signIn: done', 'create: USER_CHANGED']) expect(outcomes).toContain(outcome);
  },
  TIME_LIMIT_MS,
);
