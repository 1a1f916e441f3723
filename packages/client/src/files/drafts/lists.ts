import { hasAtMost, type ImportList, LIST_NAME_MAX_CODE_POINTS } from '@todo/contract';
import { createReader } from '../file-task.ts';
import type { LineMessage, Source } from './draft.ts';
import { derivedId } from './ids.ts';

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

const shortened = (name: string) => (hasAtMost(LIST_NAME_MAX_CODE_POINTS)(name) ? name : `${[...name].slice(0, LIST_NAME_MAX_CODE_POINTS - 1).join('')}…`);

/** The lists of a file, and their ids by key. A list that a product calls Inbox is the inbox, which is no list here: its key has no id. */
export function settleLists({ kind, lists: drafts }: Source, problems: LineMessage[]): { lists: ImportList[]; idOf: Map<string, string | undefined> } {
  const read = createReader('list');
  const idOf = new Map<string, string | undefined>();
  const lists: ImportList[] = [];
  for (const [index, { key, id, source, name, color, archivedAt, fields }] of drafts.entries()) {
    if (idOf.has(key) && !fields) continue;
    const text = String(name ?? '')
      .normalize('NFC')
      .trim();
    if (id === undefined && /^inbox$/i.test(text)) {
      idOf.set(key, undefined);
      continue;
    }
    const own = String(id).toLowerCase();
    const listId = UUID.test(own) ? own : derivedId('list', kind, source);
    const tint = typeof color === 'string' && /^#[\da-f]{6}$/i.test(color) ? color.toLowerCase() : null;
    const list = read({ ...(fields ?? { name: shortened(text) || '(no name)', color: tint, archivedAt }), id: listId });
    if (Array.isArray(list)) {
      problems.push({ line: 0, message: `List ${index + 1}: ${list.map(({ field, message }) => `The ${field || 'list'} ${message}.`).join(' ')}` });
      continue;
    }
    if (!idOf.has(key)) idOf.set(key, listId);
    lists.push(list);
  }
  return { lists, idOf };
}
