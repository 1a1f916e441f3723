import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { openWatch } from '../events.ts';
import { type Account, type Comparison, compare } from './verdict.ts';

/** How a drill calls the server: by HTTP, without a client that would hide failures. */
export interface TrafficOptions {
  people: number;
  /** Pause of each person between two calls, in ms. */
  pauseMs: number;
  /** How many people keep a stream of changes open. */
  streams: number;
}

/** What happened to all calls, and what the server holds at the end. */
export interface Verdict extends Comparison {
  calls: number;
  /** How often a stream was opened. */
  streams: number;
  /** Failures by status and reason, or by what the connection did. */
  failures: Record<string, number>;
  /** In ms. */
  longestCall: number;
}

export interface Since extends Pick<Verdict, 'calls' | 'failures'> {
  /** The longest time without a successful call, in ms. */
  longestGap: number;
}

const PASSWORD = 'correct horse battery';
const failure = z.object({ error: z.object({ data: z.object({ reason: z.string() }) }) });
const page = z.object({ result: z.object({ data: z.object({ items: z.array(z.object({ title: z.string() })), nextCursor: z.string().nullable() }) }) });
/** Reasons after which a change may have been stored. */
const uncertain = ['DATABASE_UNAVAILABLE', 'DEADLINE_EXCEEDED'];
const json = { 'content-type': 'application/json' };

interface Person extends Account {
  headers: Record<string, string>;
}

export class Traffic {
  readonly #url: string;
  readonly #options: TrafficOptions;
  readonly #people: Person[] = [];
  readonly #stopping = new AbortController();
  /** Aborts when nobody calls any more. */
  readonly #quiet = new AbortController();
  readonly #failures = new Map<string, number>();
  #calling: Promise<unknown>[] = [];
  #watching: Promise<unknown>[] = [];
  #calls = 0;
  #opened = 0;
  #longestCall = 0;
  #longestGap = 0;
  #succeededAt = performance.now();
  /** The last change that succeeded. */
  #changedAt = { begun: 0, ended: 0 };
  #asked: Pick<Verdict, 'calls' | 'failures'> = { calls: 0, failures: {} };

  private constructor(url: string, options: TrafficOptions) {
    this.#url = url;
    this.#options = options;
  }

  /** Signs everybody up, and lets them call until `end`. */
  static async start(url: string, options: TrafficOptions): Promise<Traffic> {
    const traffic = new Traffic(url, options);
    await Promise.all(Array.from({ length: options.people }, () => traffic.#signUp()));
    traffic.#succeededAt = performance.now();
    traffic.#calling = traffic.#people.map((person) => traffic.#call(person));
    traffic.#watching = traffic.#people.slice(0, options.streams).map((person) => traffic.#watch(person));
    return traffic;
  }

  /** Resolves with how long it takes until a change succeeds that is sent after now, in ms. */
  async recovered(): Promise<number> {
    const begun = performance.now();
    while (this.#changedAt.begun < begun) await delay(5);
    return Math.round(this.#changedAt.ended - begun);
  }

  /** What has happened since the last time that this was asked. */
  since(): Since {
    const now = { calls: this.#calls, failures: Object.fromEntries(this.#failures), longestGap: Math.round(this.#longestGap) };
    const failures = Object.entries(now.failures).map(([what, count]) => [what, count - (this.#asked.failures[what] ?? 0)] as const);
    const calls = now.calls - this.#asked.calls;
    this.#asked = now;
    this.#longestGap = 0;
    return { calls, failures: Object.fromEntries(failures.filter(([, count]) => count > 0)), longestGap: now.longestGap };
  }

  async #signUp(): Promise<void> {
    const name = randomUUID();
    const body = JSON.stringify({ name, email: `${name}@example.com`, password: PASSWORD });
    const response = await fetch(`${this.#url}/api/auth/sign-up/email`, { method: 'POST', headers: json, body });
    if (!response.ok) throw new Error(`sign-up answered ${response.status}`);
    const session = { authorization: `Bearer ${response.headers.get('set-auth-token')}` };
    const { token } = z.object({ token: z.string() }).parse(await (await fetch(`${this.#url}/api/auth/token`, { headers: session })).json());
    this.#people.push({ name, headers: { authorization: `Bearer ${token}` }, acknowledged: new Set(), refused: new Set(), seen: undefined });
  }

  async #send(path: string, init: RequestInit): Promise<'ok' | 'refused' | 'unknown'> {
    const begun = performance.now();
    this.#calls += 1;
    const outcome = await fetch(`${this.#url}${path}`, { ...init, signal: AbortSignal.timeout(60_000) }).then(
      async (response) => ({ ok: response.ok, what: response.ok ? await response.text() : `${response.status} ${reasonOf(await response.text())}` }),
      (error: Error) => ({ ok: false, what: String(error.cause ?? error) }),
    );
    const ended = performance.now();
    this.#longestCall = Math.max(this.#longestCall, ended - begun);
    if (outcome.ok) {
      this.#longestGap = Math.max(this.#longestGap, ended - this.#succeededAt);
      this.#succeededAt = ended;
      if (init.method === 'POST' && begun > this.#changedAt.begun) this.#changedAt = { begun, ended };
      return 'ok';
    }
    this.#failures.set(outcome.what, (this.#failures.get(outcome.what) ?? 0) + 1);
    const reason = outcome.what.split(' ')[1] ?? '';
    return /^[A-Z_]+$/.test(reason) && !uncertain.includes(reason) ? 'refused' : 'unknown';
  }

  /** Creates and reads in turn. A change whose outcome is unknown is sent again with its mutation id. */
  async #call({ name, headers, acknowledged, refused }: Person): Promise<void> {
    for (let i = 0; !this.#stopping.signal.aborted; i += 1) {
      const title = `${name} ${i}`;
      const body = JSON.stringify({ title, mutationId: randomUUID() });
      for (let tries = 0; tries < 20 && !acknowledged.has(title) && !refused.has(title); tries += 1) {
        const outcome = await this.#send('/trpc/tasks.create', { method: 'POST', headers: { ...headers, ...json }, body });
        if (outcome === 'ok') acknowledged.add(title);
        else if (outcome === 'refused' && tries === 0) refused.add(title);
        await delay(this.#options.pauseMs * (0.5 + Math.random()));
      }
      await this.#send('/trpc/tasks.list', { headers });
      await delay(this.#options.pauseMs * (0.5 + Math.random()));
    }
  }

  /** Follows the changes, and opens the stream again when it ends. At the end it waits for what was acknowledged, up to 30 seconds. */
  async #watch(person: Person): Promise<void> {
    const { headers, acknowledged } = person;
    const seen = new Set<string>();
    person.seen = seen;
    const ending = new AbortController();
    let left = 150;
    const timer = setInterval(() => {
      if (!this.#quiet.signal.aborted) return;
      left -= 1;
      if (left === 0 || [...acknowledged].every((title) => seen.has(title))) ending.abort();
    }, 200);
    let cursor: string | undefined;
    while (!ending.signal.aborted) {
      this.#opened += 1;
      const send = (path: string, init?: RequestInit) => fetch(`${this.#url}${path}`, { ...init, signal: ending.signal });
      try {
        const watch = await openWatch(send, headers, { cursor });
        for (let next = await watch.next(); typeof next !== 'string'; next = await watch.next()) {
          for (const change of next.changes) if (change.entity === 'task' && change.value) seen.add(change.value.title);
          cursor = watch.lastId();
        }
      } catch {
        // The stream or its server is gone.
      }
      await delay(100 * Math.random());
    }
    clearInterval(timer);
  }

  async #titlesOf({ headers }: Person): Promise<string[]> {
    const titles: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const input = encodeURIComponent(JSON.stringify({ limit: 200, ...(cursor && { cursor }) }));
      const { items, nextCursor } = page.parse(await (await fetch(`${this.#url}/trpc/tasks.list?input=${input}`, { headers })).json()).result.data;
      titles.push(...items.map(({ title }) => title));
      cursor = nextCursor;
    }
    return titles;
  }

  /** Stops everybody, reads everything, and compares. */
  async end(): Promise<Verdict> {
    this.#stopping.abort();
    await Promise.all(this.#calling);
    this.#quiet.abort();
    await Promise.all(this.#watching);
    const accounts = await Promise.all(this.#people.map(async (account) => ({ account, titles: await this.#titlesOf(account) })));
    const { calls, failures } = { calls: this.#calls, failures: Object.fromEntries(this.#failures) };
    return { calls, failures, streams: this.#opened, longestCall: Math.round(this.#longestCall), ...compare(accounts) };
  }
}

function reasonOf(text: string): string {
  try {
    return failure.parse(JSON.parse(text)).error.data.reason;
  } catch {
    return 'without a reason';
  }
}
