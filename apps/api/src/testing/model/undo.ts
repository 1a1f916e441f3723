import { type EntityName, isSameValue } from '@todo/contract';
import { type Change, type Content, differing, kinds, type Wanted } from './entities.ts';

interface Owned extends Change {
  /** Whether it belongs to the calls to undo. */
  isOwn: boolean;
}

/** The fields of an entity that are not undone; empty for the whole entity. */
interface Kept {
  entity: EntityName;
  id: string;
  fields: string[];
}

/** Undoes changes, the latest first, in each field that still has the value of the change. */
function fieldsBack({ entity, content: base }: { entity: EntityName; content: Content }, own: Change[]): { content: Content; kept: string[] } {
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
  return { content: kinds[entity].cleared(content), kept: [...kept].sort() };
}

/** The same for one entity, given all its changes since the first one to undo. */
function entityBack(since: Owned[]): { content: Content | undefined } | { kept: string[]; content?: Content } {
  const [first, last] = [since[0], since.at(-1)];
  if (!first || !last) return { kept: [] };
  if (since.every(({ isOwn }) => isOwn)) return { content: first.before?.content };
  const isMadeSince = since.some(({ before }) => !before);
  const base = last.after ?? (last.isOwn ? last.before : undefined);
  if (isMadeSince || !base) return { kept: [] };
  return fieldsBack(
    base,
    since.filter(({ isOwn }) => isOwn),
  );
}

/**
 * An entity that only these calls changed gets its previous state. Of one that others also changed, only fields that still have the calls' values are undone. One
 * that they created and others changed, or that others removed or recreated, is kept as a whole.
 */
export function takeBack(changes: Change[], isTakenBack: (change: Change) => boolean): { wanted: Wanted[]; kept: Kept[] } {
  const all = changes.map((change): Owned => ({ ...change, isOwn: isTakenBack(change) }));
  const wanted: Wanted[] = [];
  const kept: Kept[] = [];
  for (const [id, entity] of new Map(all.filter(({ isOwn }) => isOwn).map((change) => [change.id, change.entity]))) {
    const ofOne = all.filter((change) => change.id === id);
    const back = entityBack(ofOne.slice(ofOne.findIndex(({ isOwn }) => isOwn)));
    if ('content' in back) wanted.push({ entity, id, content: back.content });
    if ('kept' in back && (back.kept.length > 0 || !('content' in back))) kept.push({ entity, id, fields: back.kept });
  }
  return { wanted, kept: kept.sort((a, b) => (`${a.entity} ${a.id}` < `${b.entity} ${b.id}` ? -1 : 1)) };
}
