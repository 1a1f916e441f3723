import { type EntityName, isSameValue, type List, type Task } from '@todo/contract';
import { fields } from '../fields.ts';
import type { Change, LostField } from './change.ts';
import { editedIn } from './rows.ts';

type Row = List | Task;

/** What an edit changes. */
export interface Edited {
  entity: EntityName;
  id: string;
}

const valueIn = (row: object, name: string): unknown => Object(row)[name];
/** The value of a field that an edit gives, as the server will store it: null clears it. */
const storedValue = (entity: EntityName, name: string, given: unknown) => given ?? fields[entity][name]?.fallback ?? null;

/** What a call edits, where its fields are compared one by one. A call with `expectedVersion` has said itself what it depends on. */
export function editedBy(path: string, input: object): Edited | undefined {
  const { id, expectedVersion } = Object(input);
  if (!path.endsWith('.edit') || expectedVersion !== undefined) return undefined;
  return { entity: path === 'lists.edit' ? 'list' : 'task', id };
}

/** Of an edit the fields that differ from what shows, those that they require, and the values that all these had. */
export function onlyChanges(entity: EntityName, row: Row, input: object): { input: object; was: Record<string, unknown> } {
  const given = editedIn(entity, input);
  const changed = new Set(given.filter(([name, value]) => !isSameValue(storedValue(entity, name, value), valueIn(row, name))).map(([name]) => name));
  for (const name of changed) {
    const required = fields[entity][name]?.requires;
    if (required !== undefined && given.some(([other]) => other === required)) changed.add(required);
  }
  const unchanged = new Set(given.map(([name]) => name).filter((name) => !changed.has(name)));
  return {
    input: Object.fromEntries(Object.entries(input).filter(([name]) => !unchanged.has(name))),
    was: Object.fromEntries([...changed].map((name) => [name, valueIn(row, name)])),
  };
}

/**
 * The input with which to send an edit of a row that the server has. A field is left out if it holds another value than when it was edited, because somebody else has changed
 * it. A field that the edit did not change, and only names because another one requires it, takes the row's value.
 */
export function reconciled({ input, was = {} }: Change, { entity, id }: Edited, row: Row): { input: object; lost: LostField[] } {
  const lost: LostField[] = [];
  const kept: Record<string, unknown> = { ...input, expectedVersion: row.version };
  for (const [field, before] of Object.entries(was)) {
    const mine = storedValue(entity, field, valueIn(input, field));
    const theirs = valueIn(row, field);
    if (isSameValue(mine, before)) kept[field] = theirs;
    else if (!isSameValue(theirs, before) && !isSameValue(theirs, mine)) {
      delete kept[field];
      lost.push({ kind: 'lost', entity, id, field, mine, theirs });
    }
  }
  return { input: kept, lost };
}

/** The edits that began with what a refused one of their row had shown, with what was there before instead. */
export function withoutBase(later: readonly Change[], { path, input, was }: Change): Change[] {
  const { entity } = editedBy(path, input) ?? {};
  if (!was || !entity) return [];
  return later.flatMap((change) => {
    const refused = Object.entries(change.was ?? {}).filter(
      ([name, value]) => name in was && isSameValue(value, storedValue(entity, name, valueIn(input, name))),
    );
    return refused.length > 0 ? [{ ...change, was: { ...change.was, ...Object.fromEntries(refused.map(([name]) => [name, was[name]])) } }] : [];
  });
}

/**
 * The edits that began with what another change of their row by this replica had shown, with what that has made of it, from `before` to `after`. Of each field that is the
 * next edit; those behind it begin with what it will have made. The stream may have brought what it has made before its answer: then `before` has that too.
 */
export function basedOn(later: readonly Change[], done: Change, before: Row | undefined, after: Row): Change[] {
  const isOwn = before === undefined || after.version <= before.version + 1;
  const isMade = (name: string) => !before || !isSameValue(valueIn(before, name), valueIn(after, name)) || name in (done.sent?.input ?? done.input);
  const left = new Set(isOwn ? Object.keys(after).filter(isMade) : []);
  const based: Change[] = [];
  for (const change of later) {
    const names = Object.keys(change.was ?? {}).filter((name) => left.delete(name));
    if (names.length > 0) based.push({ ...change, was: { ...change.was, ...Object.fromEntries(names.map((name) => [name, valueIn(after, name)])) } });
    if (left.size === 0) break;
  }
  return based;
}
