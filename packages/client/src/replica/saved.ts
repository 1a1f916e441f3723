import type { List, Task } from '@todo/contract';
import { fields } from '../fields.ts';
import type { Change } from './change.ts';
import type { Position } from './local.ts';
import type { Entry } from './storage.ts';

/** Raise it when saved entries change in another way than by declared fields. */
const FORM_VERSION = 1;
/** What saved rows look like. Rows of another form lack fields that no later change would add. */
export const FORM = JSON.stringify([FORM_VERSION, Object.entries(fields).map(([entity, declared]) => [entity, Object.keys(declared)])]);

export const keys = {
  form: 'form',
  position: 'position',
  row: (entity: string, id: string) => `${entity}/${id}`,
  change: (key: string) => `change/${key}`,
};

export interface SavedState {
  /** Undefined if the rows are of another form, damaged, or not there. */
  rows: { lists: List[]; tasks: Task[]; position: Position } | undefined;
  changes: Change[];
  /** The keys of entries that cannot be used. */
  unusable: string[];
}

const isPosition = (value: unknown): value is Position => typeof Object(value).cursor === 'string' && Number.isInteger(Object(value).seq);
const isChange = (value: unknown): value is Change => {
  const { key, userId, mutationId, path, at, input } = Object(value);
  return [key, userId, mutationId, path, at].every((part) => typeof part === 'string') && input instanceof Object;
};

/** Sorts what was saved, which may be of any form. Changes are kept whenever they can be read. */
export function readSaved(entries: readonly Entry[]): SavedState;
export function readSaved(entries: readonly Entry[]): object {
  const all = new Map(entries);
  const rowsOf = (entity: string) => entries.filter(([key]) => key.startsWith(`${entity}/`));
  const [lists, tasks] = [rowsOf('list'), rowsOf('task')];
  const changes = entries.filter(([key, value]) => key.startsWith(keys.change('')) && isChange(value));
  const position = all.get(keys.position);
  const isWhole = all.get(keys.form) === FORM && isPosition(position) && [...lists, ...tasks].every(([key, row]) => key.endsWith(`/${Object(row).id}`));
  const valuesOf = (some: readonly Entry[]) => some.map(([, value]) => value);
  const used = new Set([...changes, ...(isWhole ? [...lists, ...tasks] : [])].map(([key]) => key));
  if (isWhole) for (const key of [keys.form, keys.position]) used.add(key);
  return {
    rows: isWhole ? { lists: valuesOf(lists), tasks: valuesOf(tasks), position } : undefined,
    changes: valuesOf(changes),
    unusable: [...all.keys()].filter((key) => !used.has(key)),
  };
}
