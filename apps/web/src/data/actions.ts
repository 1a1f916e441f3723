import { type List, type NewTask, type Task, TodoError } from '@todo/client';
import type { QueuedChange, Replica } from '@todo/client/replica';
import { texts } from '../texts.ts';
import { dateOf } from './dates.ts';
import { messageOf } from './messages.ts';
import type { Toasts } from './toast.ts';

type Replaced = 'id' | 'mutationId' | 'groupId' | 'expectedVersion';
type TaskPatch = Omit<Parameters<Replica['mutate']['tasks']['edit']>[0], Replaced>;
type ListPatch = Omit<Parameters<Replica['mutate']['lists']['edit']>[0], Replaced>;
/** Where a task or list goes: beside another one, or to the end of a list or parent. */
type Target = { before: string } | { after: string } | { parentId: string | null } | { listId: string | null };

export interface Actions {
  toasts: Toasts;
  add(task: NewTask): string | undefined;
  edit(task: Task, patch: TaskPatch): void;
  toggle(task: Task): void;
  skip(task: Task): void;
  move(task: Task, to: Target): void;
  remove(task: Task): void;
  restore(id: string, title: string): void;
  addList(list: { name: string; color: string | null }): string | undefined;
  editList(list: List, patch: ListPatch): void;
  moveList(list: List, to: { before: string } | { after: string }): void;
  archive(list: List, isArchived: boolean): void;
  removeList(list: List, tasks: 'inbox' | 'remove'): void;
  renameLabel(from: string, to: string): void;
  removeLabel(name: string): void;
  rewind(to: number): Promise<unknown>;
  /** Undoes a call by its id, of this page or of another. */
  undoCall(of: { mutationId: string } | { groupId: string }): void;
  undo(): void;
  redo(): void;
  fail(error: unknown): void;
}

const UNDOABLE_MAX = 100;

const today = () => dateOf(new Date());

/** The changes that a person makes here. Each can be undone, and says so. */
export function createActions({ mutate }: Replica, toasts: Toasts): Actions {
  const done: string[] = [];
  const undone: string[] = [];

  const fail = (error: unknown) => toasts.show({ text: error instanceof TodoError ? messageOf(error) : String(error), isError: true });

  const remember = (stack: string[], mutationId: string) => {
    stack.push(mutationId);
    if (stack.length > UNDOABLE_MAX) stack.shift();
  };

  const reverse = (of: { mutationId: string } | { groupId: string }, onto: string[], text: string, action: { label: string; run: () => void }) => {
    const sent = mutate.history.undo({ of });
    remember(onto, sent.mutationId);
    toasts.show({ text, action });
    sent.done.then(
      ({ restored, edited, removed, keptCount }) => {
        if (keptCount === 0) return;
        if (restored + edited + removed === 0) toasts.show({ text: texts.undo.keptAll(keptCount) });
        else toasts.show({ text: texts.undo.kept(keptCount), action });
      },
      () => {},
    );
  };
  const redo = () => {
    const mutationId = undone.pop();
    if (mutationId === undefined) return toasts.show({ text: texts.undo.nothingToRedo });
    reverse({ mutationId }, done, texts.undo.redone, { label: texts.undo.undo, run: undo });
  };
  const undo = () => {
    const mutationId = done.pop();
    if (mutationId === undefined) return toasts.show({ text: texts.undo.nothing });
    reverse({ mutationId }, undone, texts.undo.undone, { label: texts.undo.redo, run: redo });
  };

  const act = <Output>(send: () => QueuedChange<Output>, text?: string): QueuedChange<Output> | undefined => {
    try {
      const sent = send();
      remember(done, sent.mutationId);
      undone.length = 0;
      const { mutationId } = sent;
      const run = () => {
        const at = done.lastIndexOf(mutationId);
        if (at >= 0) done.splice(at, 1);
        reverse({ mutationId }, undone, texts.undo.undone, { label: texts.undo.redo, run: redo });
      };
      if (text) toasts.show({ text, action: { label: texts.undo.undo, run } });
      return sent;
    } catch (error) {
      fail(error);
      return undefined;
    }
  };

  return {
    toasts,
    fail,
    undo,
    redo,
    undoCall: (of) => reverse(of, undone, texts.undo.undone, { label: texts.undo.redo, run: redo }),
    add: (task) => act(() => mutate.tasks.create(task))?.id,
    edit: (task, patch) => void act(() => mutate.tasks.edit({ id: task.id, ...patch }), texts.undo.edited(patch.title ?? task.title)),
    toggle: (task) =>
      void (task.completedAt
        ? act(() => mutate.tasks.reopen({ id: task.id }), texts.undo.reopened(task.title))
        : act(() => mutate.tasks.complete({ id: task.id, on: today() }), (task.recurrence ? texts.undo.repeated : texts.undo.completed)(task.title))),
    skip: (task) => void act(() => mutate.tasks.skip({ id: task.id, on: today() }), texts.undo.skipped(task.title)),
    move: (task, to) => void act(() => mutate.tasks.move({ id: task.id, ...to }), texts.undo.moved(task.title)),
    remove: (task) => void act(() => mutate.tasks.remove({ id: task.id }), texts.undo.removed(task.title)),
    restore: (id, title) => void act(() => mutate.tasks.restore({ id }), texts.undo.restored(title)),
    addList: (list) => act(() => mutate.lists.create(list), texts.undo.added(list.name))?.id,
    editList: (list, patch) => void act(() => mutate.lists.edit({ id: list.id, ...patch }), texts.undo.edited(patch.name ?? list.name)),
    moveList: (list, to) => void act(() => mutate.lists.move({ id: list.id, ...to }), texts.undo.moved(list.name)),
    archive: ({ id, name }, isArchived) =>
      void (isArchived
        ? act(() => mutate.lists.archive({ id }), texts.undo.archived(name))
        : act(() => mutate.lists.unarchive({ id }), texts.undo.unarchived(name))),
    removeList: ({ id, name }, tasks) => void act(() => mutate.lists.remove({ id, tasks }), texts.undo.removed(name)),
    renameLabel: (from, to) => void act(() => mutate.labels.rename({ from, to }), texts.undo.edited(to)),
    removeLabel: (name) => void act(() => mutate.labels.remove({ name }), texts.undo.removed(name)),
    rewind: async (to) => act(() => mutate.history.rewind({ to }), texts.undo.rewound)?.done,
  };
}
