import type { HistoryEvent } from '../index.ts';

/** What a page says of a change that it has made. */
export type Report =
  | { kind: 'made'; mutationId: string; userId: string; path: string; marker: string }
  | { kind: 'queued' | 'done'; mutationId: string }
  | { kind: 'refused'; mutationId: string; reason: string }
  | { kind: 'lost'; id: string; mine: unknown };

interface Noted {
  userId: string;
  path: string;
  marker: string;
  isKept: boolean;
}

/** What the server has of an account. */
export interface Logged {
  userId: string;
  events: HistoryEvent[];
  /** The mutation ids that it knows, also those of calls that it has refused. */
  mutationIds: Set<string>;
}

/** Edits may be sent again under another mutation id, so they are known by the text that they write. */
const isText = (path: string) => path.endsWith('.edit');

/** Everything that the pages have said. */
export class Journal {
  readonly refused = new Map<string, string>();
  readonly lost = new Set<string>();
  readonly #made = new Map<string, Noted>();

  readonly note = (report: Report): void => {
    if (report.kind === 'made') this.#made.set(report.mutationId, { ...report, isKept: false });
    else if (report.kind === 'refused') this.refused.set(report.mutationId, report.reason);
    else if (report.kind === 'lost') this.lost.add(JSON.stringify(report.mine));
    else {
      const noted = this.#made.get(report.mutationId);
      if (noted) noted.isKept = true;
    }
  };

  get size(): number {
    return this.#made.size;
  }

  /** How many changes were stored, or answered. */
  get kept(): number {
    return [...this.#made.values()].filter(({ isKept }) => isKept).length;
  }

  /** What is not as it must be. */
  faults(accounts: readonly Logged[]): string[] {
    const found: string[] = [];
    const texts = accounts.map(({ userId, events }) => ({ userId, counts: countTexts(events) }));
    for (const { userId, events } of accounts) found.push(...repeated(events).map((event) => `twice: ${event} of ${userId}`));
    const changed = new Set(accounts.flatMap(({ events }) => events.map(({ mutationId }) => mutationId)));
    for (const [mutationId, { userId, path, marker, isKept }] of this.#made) {
      const name = `${path} ${mutationId} of ${userId}, ${marker}`;
      const own = accounts.find((account) => account.userId === userId);
      const isThere = own?.mutationIds.has(mutationId) ?? false;
      if (accounts.some((account) => account !== own && account.mutationIds.has(mutationId))) found.push(`in another account: ${name}`);
      for (const { userId: other, counts } of texts) {
        const count = counts.get(marker) ?? 0;
        if (other !== userId && count > 0) found.push(`text in another account: ${name}`);
        if (count > 1) found.push(`${count} times: ${name}`);
      }
      const isTold = this.refused.has(mutationId);
      if (isTold && changed.has(mutationId)) found.push(`refused, but there: ${name}, ${this.refused.get(mutationId)}`);
      const hasText = (texts.find((each) => each.userId === userId)?.counts.get(marker) ?? 0) > 0;
      const isSettled = isText(path) ? hasText || isThere || this.#isLost(marker) : isThere;
      if (isKept && !isTold && !isSettled) found.push(`not there: ${name}`);
    }
    return found;
  }

  #isLost(marker: string): boolean {
    return this.lost.has(JSON.stringify(marker));
  }
}

/** Events of one row by one call. */
function repeated(events: readonly HistoryEvent[]): string[] {
  const names = events.filter(({ mutationId }) => mutationId !== null).map(({ mutationId, entity, id }) => `${mutationId} ${entity} ${id}`);
  return names.filter((name, i) => names.indexOf(name) !== i);
}

const textsIn = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);

/** How often each text was written to a title, name, description or label. */
function countTexts(events: readonly HistoryEvent[]): Map<unknown, number> {
  const counts = new Map<unknown, number>();
  for (const { changes } of events)
    for (const change of Object.values(changes)) {
      const before = new Set(textsIn(change?.from));
      for (const text of textsIn(change?.to)) if (!before.has(text)) counts.set(text, (counts.get(text) ?? 0) + 1);
    }
  return counts;
}
