import type { EntityName, List, NewList, NewTask, Task } from '@todo/contract';
import { v7 as uuidv7 } from 'uuid';
import { fields } from '../fields.ts';
import { Draft } from '../replica/draft.ts';
import { effectOf } from '../replica/effects.ts';
import { placeOf, siblingsOf } from '../replica/places.ts';
import type { QueuedChange, Replica } from '../replica.ts';
import { TodoError } from '../transport/error.ts';

interface Row {
  id: string;
  position: string;
}

/** Put into each call of a transaction, so that all can be undone together. */
interface Group {
  groupId?: string | undefined;
}

/** What an insert gives, and an update can change too. */
export type TaskInput = NewTask & Partial<Pick<Task, 'position' | 'completedAt'>>;
export type ListInput = NewList & Partial<Pick<List, 'position' | 'archivedAt'>>;

/** How rows of one kind are changed by calls of a replica. */
export interface Changes<Of extends Row> {
  entity: EntityName;
  rows(): ReadonlyMap<string, Of>;
  /** What an insert with this input shows. */
  preview(input: object): Of | undefined;
  insert(row: Of, group: Group): QueuedChange[];
  update(id: string, changed: Partial<Of>, group: Group): QueuedChange[];
  remove(id: string, group: Group, metadata: unknown): QueuedChange[];
}

const writtenBy = (entity: EntityName, name: string) => fields[entity][name]?.writtenBy;

/** The fields of an input that creating a row does not give. */
export const notCreatable = (entity: EntityName, input: object): string[] =>
  Object.keys(input).filter((name) => name !== 'id' && (writtenBy(entity, name) ?? 'import') === 'import');

/** The fields that a row of a collection has, and no change. */
function checkChangeable(entity: EntityName, changed: object): void {
  const fixed = Object.keys(changed).find((name) => !(name in fields[entity]));
  if (fixed !== undefined) throw new TodoError('INVALID_INPUT', `${fixed} cannot be changed.`, { fields: { [fixed]: ['cannot be changed'] } });
}

type Creatable<Of> = Omit<Of, 'position' | 'completedAt' | 'archivedAt' | 'createdAt' | 'updatedAt' | 'version'>;
type Editable<Of> = Omit<Creatable<Of>, 'id' | 'listId' | 'parentId'>;

/** What creating a row gives: its fields without those that have their fallback. */
function createdFields(entity: 'task', row: Partial<Task>): Partial<Creatable<Task>>;
function createdFields(entity: 'list', row: Partial<List>): Partial<Creatable<List>>;
function createdFields(entity: EntityName, row: object): object {
  const isGiven = ([name, value]: [string, unknown]) => {
    const { writtenBy, fallback = null } = fields[entity][name] ?? {};
    return writtenBy !== undefined && writtenBy !== 'import' && value !== undefined && JSON.stringify(value) !== JSON.stringify(fallback);
  };
  return Object.fromEntries(Object.entries(row).filter(isGiven));
}

function editedFields(entity: 'task', changed: Partial<Task>): Partial<Editable<Task>> | undefined;
function editedFields(entity: 'list', changed: Partial<List>): Partial<Editable<List>> | undefined;
function editedFields(entity: EntityName, changed: object): object | undefined {
  const edited = Object.entries(changed).filter(([name]) => writtenBy(entity, name) === 'edit');
  return edited.length === 0 ? undefined : Object.fromEntries(edited);
}

/** The neighbour beside which a row with this position stands. */
function neighborAt(siblings: Iterable<Row>, id: string, position: string): { before: string } | { after: string } | undefined {
  let [before, after]: [Row | undefined, Row | undefined] = [undefined, undefined];
  for (const sibling of siblings) {
    if (sibling.id === id) continue;
    const isBefore = sibling.position < position || (sibling.position === position && sibling.id < id);
    if (isBefore && (!after || sibling.position >= after.position)) after = sibling;
    if (!isBefore && (!before || sibling.position < before.position)) before = sibling;
  }
  if (after) return { after: after.id };
  return before && { before: before.id };
}

const draftOf = (replica: Replica) => new Draft({ lists: replica.lists(), tasks: replica.tasks() });

function created(replica: Replica, path: string, input: object): { draft: Draft; id: string } {
  const draft = draftOf(replica);
  const { id = uuidv7() } = Object(input);
  effectOf(path)?.(draft, { ...input, id }, new Date().toISOString());
  return { draft, id };
}

export function createTaskChanges(replica: Replica): Changes<Task> {
  const { tasks } = replica.mutate;
  /** Where a task goes whose list, parent or position was changed. */
  const targetOf = (id: string, { listId, parentId, position }: Partial<Task>) => {
    const given = { ...(listId !== undefined && { listId }), ...(parentId !== undefined && { parentId }) };
    const task = replica.tasks().get(id);
    if (position === undefined || !task) return given;
    const draft = draftOf(replica);
    return neighborAt(siblingsOf(draft, placeOf(draft, task, given)), id, position) ?? given;
  };
  return {
    entity: 'task',
    rows: replica.tasks,
    preview: (input) => {
      const { draft, id } = created(replica, 'tasks.create', input);
      return draft.tasks.get(id);
    },
    insert: ({ title, ...row }, group) => [tasks.create({ ...createdFields('task', row), id: row.id, title, ...group })],
    update: (id, changed, group) => {
      checkChangeable('task', changed);
      const { completedAt, listId, parentId, position } = changed;
      const edited = editedFields('task', changed);
      const isMoved = listId !== undefined || parentId !== undefined || position !== undefined;
      const target = targetOf(id, changed);
      return [
        ...(edited ? [tasks.edit({ id, ...edited, ...group })] : []),
        ...(isMoved ? [tasks.move({ id, ...target, ...group })] : []),
        ...(completedAt === undefined ? [] : [completedAt === null ? tasks.reopen({ id, ...group }) : tasks.complete({ id, ...group })]),
      ];
    },
    // A task that a parent has taken with it is removed already.
    remove: (id, group) => (replica.tasks().has(id) ? [tasks.remove({ id, ...group })] : []),
  };
}

export function createListChanges(replica: Replica): Changes<List> {
  const { lists } = replica.mutate;
  return {
    entity: 'list',
    rows: replica.lists,
    preview: (input) => {
      const { draft, id } = created(replica, 'lists.create', input);
      return draft.lists.get(id);
    },
    insert: ({ name, ...row }, group) => [lists.create({ ...createdFields('list', row), id: row.id, name, ...group })],
    update: (id, changed, group) => {
      checkChangeable('list', changed);
      const { archivedAt, position } = changed;
      const edited = editedFields('list', changed);
      const target = position === undefined ? undefined : neighborAt(replica.lists().values(), id, position);
      return [
        ...(edited ? [lists.edit({ id, ...edited, ...group })] : []),
        ...(target ? [lists.move({ id, ...target, ...group })] : []),
        ...(archivedAt === undefined ? [] : [archivedAt === null ? lists.unarchive({ id, ...group }) : lists.archive({ id, ...group })]),
      ];
    },
    remove: (id, group, metadata) => [lists.remove({ id, tasks: Object(metadata).tasks === 'remove' ? 'remove' : 'inbox', ...group })],
  };
}
