import type { ChangePage, List, Task } from '@todo/contract';

type Change = ChangePage['changes'][number];

/** All lists and tasks of a user by id. */
export class Copy {
  readonly lists: Map<string, List>;
  readonly tasks: Map<string, Task>;

  constructor({ lists, tasks }: { lists: Iterable<List>; tasks: Iterable<Task> } = { lists: [], tasks: [] }) {
    this.lists = new Map(Array.from(lists, (one) => [one.id, one]));
    this.tasks = new Map(Array.from(tasks, (one) => [one.id, one]));
  }

  /** A copy that later changes do not reach. */
  clone(): Copy {
    return new Copy(this.values());
  }

  values() {
    return { lists: [...this.lists.values()], tasks: [...this.tasks.values()] };
  }

  apply(change: Change): void {
    if (change.value === null) this[`${change.entity}s`].delete(change.id);
    else if (change.entity === 'list') this.lists.set(change.id, change.value);
    else this.tasks.set(change.id, change.value);
  }
}
