import type { ChangePage, List, Task } from '@todo/contract';

type RowChange = ChangePage['changes'][number];

/** All lists and tasks of a user by id, at one time. */
export interface Copy {
  readonly lists: ReadonlyMap<string, List>;
  readonly tasks: ReadonlyMap<string, Task>;
}

export const emptyCopy: Copy = { lists: new Map(), tasks: new Map() };

/** Rows of one kind, which are copied before the first change. */
export class Rows<Row extends { id: string; parentId?: string | null }> {
  #all: ReadonlyMap<string, Row>;
  #own: Map<string, Row> | undefined;
  /** The ids of all that have or had rows below them. */
  #parents: Set<string> | undefined;

  constructor(all: ReadonlyMap<string, Row>) {
    this.#all = all;
  }

  get(id: string): Row | undefined {
    return (this.#own ?? this.#all).get(id);
  }

  values(): Iterable<Row> {
    return (this.#own ?? this.#all).values();
  }

  put(row: Row): void {
    this.#changeable().set(row.id, row);
    if (row.parentId) this.#parents?.add(row.parentId);
  }

  /** False for a row without rows below it, as almost all are. */
  mayBeParent(id: string): boolean {
    this.#parents ??= new Set([...this.values()].flatMap(({ parentId }) => parentId ?? []));
    return this.#parents.has(id);
  }

  delete(id: string): void {
    this.#changeable().delete(id);
  }

  /** Later changes do not reach the result. */
  done(): ReadonlyMap<string, Row> {
    this.#all = this.#own ?? this.#all;
    this.#own = undefined;
    return this.#all;
  }

  #changeable(): Map<string, Row> {
    this.#own ??= new Map(this.#all);
    return this.#own;
  }
}

/** Changes a copy, without changing the object from which it began. */
export class Draft {
  readonly lists: Rows<List>;
  readonly tasks: Rows<Task>;
  /** The last position of each place to which something was added. */
  readonly ends = new Map<string, string>();

  constructor({ lists, tasks }: Copy = emptyCopy) {
    this.lists = new Rows(lists);
    this.tasks = new Rows(tasks);
  }

  apply(change: RowChange): void {
    if (change.value === null) this[`${change.entity}s`].delete(change.id);
    else if (change.entity === 'list') this.lists.put(change.value);
    else this.tasks.put(change.value);
  }

  done(): Copy {
    return { lists: this.lists.done(), tasks: this.tasks.done() };
  }
}
