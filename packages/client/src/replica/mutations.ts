import { procedures } from '../procedures.ts';
import type { Change, Mutations, QueuedChange } from './change.ts';
import type { Copy } from './draft.ts';
import { editedBy, onlyChanges } from './edits.ts';

/** For whom a change is made, and from what. */
interface Start {
  userId: string;
  shown: Copy;
  /** The key of the last change that waits. */
  lastKey: string;
}

type Make = (start: Start) => Change;

/** Queues what `make` makes for the user who is shown. Throws UNAUTHENTICATED if nobody is. */
export type Queue = (make: Make) => { queued: Promise<void>; done: Promise<unknown> };

const KEY_DIGITS = 15;

/** Orders changes by when they were made, after the last one that waits, whatever the clock says. */
const keyAfter = (last: string, at: Date, mutationId: string): string =>
  `${String(Math.max(at.getTime(), Number.parseInt(last || '0', 10) + 1)).padStart(KEY_DIGITS, '0')}/${mutationId}`;

/** The calendar date here: a call that depends on the date may be sent later. */
function today(at: Date): string {
  const [year, month, day] = [String(at.getFullYear()).padStart(4, '0'), at.getMonth() + 1, at.getDate()];
  return [year, ...[month, day].map((part) => String(part).padStart(2, '0'))].join('-');
}

const datedPaths = ['tasks.complete', 'tasks.completeMany', 'tasks.skip'];

/** The input with what the server would otherwise choose: ids of what is created, and the date. */
function completed(path: string, input: object, at: Date, randomUUID: () => string): object {
  const given = Object(input);
  if (path.endsWith('.create')) return { ...given, id: given.id ?? randomUUID() };
  if (path === 'tasks.createMany') return { ...given, tasks: given.tasks.map((task: object) => ({ ...task, id: Object(task).id ?? randomUUID() })) };
  if (datedPaths.includes(path)) return { ...given, on: given.on ?? today(at) };
  return given;
}

/** A method for each mutation. */
export function createMutations(queue: Queue, randomUUID: () => string): Mutations;
export function createMutations(queue: Queue, randomUUID: () => string): object {
  const mutate = (path: string, given: object): QueuedChange => {
    // As it is sent: the caller may go on changing the object, and a storage cannot keep everything that one can hold.
    const { mutationId = randomUUID(), ...rest } = JSON.parse(JSON.stringify(given));
    const now = new Date();
    const input = completed(path, rest, now, randomUUID);
    const { queued, done } = queue(({ userId, shown, lastKey }) => {
      const target = editedBy(path, input);
      const row = target && shown[`${target.entity}s`].get(target.id);
      const changes = target && row ? onlyChanges(target.entity, row, input) : { input };
      return { key: keyAfter(lastKey, now, mutationId), userId, mutationId, path, at: now.toISOString(), ...changes };
    });
    const { id } = Object(input);
    return { mutationId, ...(id !== undefined && { id }), queued, done };
  };
  const groups = Object.entries(procedures).map(([group, all]) => {
    const names = Object.keys(all).filter((name) => all[name]?.kind === 'mutation');
    return [group, Object.fromEntries(names.map((name) => [name, (input: object) => mutate(`${group}.${name}`, input)]))];
  });
  return Object.fromEntries(groups);
}
