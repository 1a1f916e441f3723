import type { ChangePage, EntityName, List, Task } from '@todo/contract';
import { type Change, type Pending, toPending } from './change.ts';
import { type Copy, Draft, emptyCopy } from './draft.ts';
import { effectOf } from './effects.ts';
import { Queue } from './queue.ts';
import { answeredRows } from './rows.ts';
import { FORM, keys, readSaved } from './saved.ts';
import type { Entry } from './storage.ts';

/** A position in the owner's log, and how to read on from there. */
export interface Position {
  cursor: string;
  seq: number;
}

/** One change of what is known. Copies that apply the same steps are equal. */
export type Step =
  /** The server's rows have reached this position, after the one with the cursor `after`. With `isWhole` these are all rows. */
  | { kind: 'rows'; after: string | undefined; isWhole: boolean; changes: ChangePage['changes']; position: Position }
  /** A change is new in the outbox, or known better. */
  | { kind: 'change'; change: Change }
  /** A change is over, without an effect. */
  | { kind: 'dropped'; key: string };

/** What is known of a user's data: rows of the server at one log position, and the changes on top of them. */
export interface Local {
  readonly position: Position | undefined;
  /** The changes in their order. */
  changes(): readonly Change[];
  /** Those that are not answered. The same array until something changes. */
  pending(): readonly Pending[];
  /** The steps from nothing to what is known. */
  whole(): Step[];
  /** How many these are. */
  readonly waiting: number;
  /** A later change needs a key after this one. */
  readonly lastKey: string;
  /** The rows with all changes applied. */
  shown(): Copy;
  /** A row as the server has it, as far as is known: with what it has answered. */
  confirmed(entity: EntityName, id: string): List | Task | undefined;
  /** Takes over what was saved, beside changes that are not saved yet. Returns what to delete of it. */
  load(saved: readonly Entry[], unsaved: Iterable<Change>): Entry[];
  /** Returns what to save, and whether something shows that did not before. */
  apply(step: Step): { saved: Entry[]; isVisible: boolean };
}

/** Shows what a change will have done, or has done. The server may still refuse its input, so that can have any form. */
function show(draft: Draft, { path, input, sent, at, answer }: Change): void {
  try {
    effectOf(path)?.(draft, sent?.input ?? input, at);
  } catch {
    // Nothing of it shows.
  }
  if (answer) for (const row of answeredRows(path, answer.output)) draft.apply(row);
}

/** Whether two forms of a change show the same: all that is settled before it is sent does not show. */
function showsSame(one: Change, other: Change): boolean {
  const shownOf = ({ sent, input }: Change) => JSON.stringify({ ...(sent?.input ?? input), expectedVersion: undefined });
  return !one.answer && !other.answer && shownOf(one) === shownOf(other);
}

const byId = <Row extends { id: string }>(all: Row[]): ReadonlyMap<string, Row> => new Map(all.map((row) => [row.id, row]));
const rowKeys = (entity: string, all: ReadonlyMap<string, unknown>): string[] => [...all.keys()].map((id) => keys.row(entity, id));

export function createLocal(): Local {
  let rows = emptyCopy;
  let position: Position | undefined;
  const changes = new Queue();
  /** The rows with all changes; undefined until it is needed again. */
  let shown: Draft | undefined;
  let pending: { of: readonly Change[]; all: readonly Pending[] } | undefined;

  const isPassed = ({ answer }: Change) => answer !== undefined && position !== undefined && answer.seq <= position.seq;
  const drop = (key: string): Entry => {
    changes.delete(key);
    shown = undefined;
    return [keys.change(key), undefined];
  };

  const steps = {
    rows: ({ changes: changed, isWhole, position: next }: Extract<Step, { kind: 'rows' }>): Entry[] => {
      const cleared = isWhole ? [...rowKeys('list', rows.lists), ...rowKeys('task', rows.tasks)] : [];
      const draft = new Draft(isWhole ? emptyCopy : rows);
      for (const change of changed) draft.apply(change);
      if (isWhole || changed.length > 0) shown = undefined;
      rows = draft.done();
      position = next;
      // Answers of another log, such as of before a restore of the database, have positions that mean nothing here.
      const over = changes.all().filter((change) => isPassed(change) || (isWhole && change.answer));
      const saved = new Map<string, unknown>(cleared.map((key) => [key, undefined]));
      for (const { entity, id, value } of changed) saved.set(keys.row(entity, id), value ?? undefined);
      return [...saved, [keys.form, FORM], [keys.position, position], ...over.map(({ key }) => drop(key))];
    },
    change: ({ change }: Extract<Step, { kind: 'change' }>): Entry[] => {
      if (isPassed(change)) return [drop(change.key)];
      const before = changes.get(change.key);
      const isLast = changes.put(change);
      if (isLast && shown) show(shown, change);
      else if (!before || !showsSame(before, change)) shown = undefined;
      return [[keys.change(change.key), change]];
    },
    dropped: ({ key }: Extract<Step, { kind: 'dropped' }>): Entry[] => [drop(key)],
  };

  const applyStep = (step: Step): Entry[] => {
    if (step.kind === 'rows') return steps.rows(step);
    return step.kind === 'change' ? steps.change(step) : steps.dropped(step);
  };

  return {
    get position() {
      return position;
    },
    changes: () => changes.all(),
    pending: () => {
      const all = changes.all();
      if (pending?.of !== all) pending = { of: all, all: all.flatMap((change) => (change.answer ? [] : [toPending(change)])) };
      return pending.all;
    },
    whole: () => {
      if (!position) return [];
      const { seq } = position;
      const lists = [...rows.lists.values()].map((value) => ({ seq, entity: 'list' as const, id: value.id, value }));
      const tasks = [...rows.tasks.values()].map((value) => ({ seq, entity: 'task' as const, id: value.id, value }));
      const base: Step = { kind: 'rows', after: undefined, isWhole: true, changes: [...lists, ...tasks], position };
      return [base, ...changes.all().map((change): Step => ({ kind: 'change', change }))];
    },
    get waiting() {
      return changes.size;
    },
    get lastKey() {
      return changes.lastKey;
    },
    confirmed: (entity, id) => {
      const answers = changes.all().flatMap(({ path, answer }) => (answer ? answeredRows(path, answer.output) : []));
      return answers.filter((row) => row.entity === entity && row.id === id).at(-1)?.value ?? rows[`${entity}s`].get(id);
    },
    shown: () => {
      if (!shown) {
        shown = new Draft(rows);
        for (const change of changes.all()) show(shown, change);
      }
      return shown.done();
    },
    load: (entries, unsaved) => {
      const saved = readSaved(entries);
      if (saved.rows) {
        rows = { lists: byId(saved.rows.lists), tasks: byId(saved.rows.tasks) };
        position = saved.rows.position;
      }
      changes.clear();
      for (const change of [...saved.changes, ...unsaved]) changes.put(change);
      shown = undefined;
      return saved.unusable.map((key) => [key, undefined]);
    },
    apply: (step) => {
      const count = changes.size;
      const saved = applyStep(step);
      const isVisible = step.kind !== 'rows' || step.isWhole || step.changes.length > 0 || changes.size !== count;
      return { saved, isVisible };
    },
  };
}
