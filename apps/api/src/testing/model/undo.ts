import { isSameValue } from '@todo/contract';
import { type Change, type Content, cleared, differing, type Wanted } from './tasks.ts';

interface Owned extends Change {
  /** Whether it belongs to the calls to undo. */
  isOwn: boolean;
}

/** The fields of a task that are not undone; empty for the whole task. */
interface Kept {
  entity: 'task';
  id: string;
  fields: string[];
}

/** Undoes changes, the latest first, in each field that still has the value of the change. */
function fieldsBack(base: Content, own: Change[]): { content: Content; kept: string[] } {
  const content = { ...base };
  const kept = new Set<string>();
  for (const { before, after } of own.toReversed()) {
    if (!before || !after) continue;
    for (const name of differing(before.content, after.content)) {
      if (kept.has(name)) continue;
      if (isSameValue(content[name], after.content[name])) content[name] = before.content[name] ?? null;
      else kept.add(name);
    }
  }
  return { content: cleared(content), kept: [...kept].sort() };
}

/** The same for one task, given all its changes since the first one to undo. */
function taskBack(since: Owned[]): { content: Content | undefined } | { kept: string[]; content?: Content } {
  const [first, last] = [since[0], since.at(-1)];
  if (!first || !last) return { kept: [] };
  if (since.every(({ isOwn }) => isOwn)) return { content: first.before?.content };
  const isMadeSince = since.some(({ before }) => !before);
  const base = last.after ?? (last.isOwn ? last.before : undefined);
  if (isMadeSince || !base) return { kept: [] };
  return fieldsBack(
    base.content,
    since.filter(({ isOwn }) => isOwn),
  );
}

/**
 * A task that only these calls changed gets its previous state. Of a task that others also changed, only fields that still have the calls' values are undone. A
 * task that they created and others changed, or that others removed or recreated, is kept as a whole.
 */
export function takeBack(changes: Change[], isTakenBack: (change: Change) => boolean): { wanted: Wanted[]; kept: Kept[] } {
  const all = changes.map((change): Owned => ({ ...change, isOwn: isTakenBack(change) }));
  const wanted: Wanted[] = [];
  const kept: Kept[] = [];
  for (const id of new Set(all.filter(({ isOwn }) => isOwn).map((change) => change.id))) {
    const ofTask = all.filter((change) => change.id === id);
    const back = taskBack(ofTask.slice(ofTask.findIndex(({ isOwn }) => isOwn)));
    if ('content' in back) wanted.push([id, back.content]);
    if ('kept' in back && (back.kept.length > 0 || !('content' in back))) kept.push({ entity: 'task', id, fields: back.kept });
  }
  return { wanted, kept: kept.sort((a, b) => (a.id < b.id ? -1 : 1)) };
}
