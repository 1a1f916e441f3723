import { type Change, type Content, differing, type Wanted } from './tasks.ts';

interface Owned extends Change {
  /** Whether the calls that are undone made it. */
  isOwn: boolean;
}

/** What of a task stays as it is; no fields for the whole task. */
interface Kept {
  entity: 'task';
  id: string;
  fields: string[];
}

/** Takes changes back, the latest first, each field as long as it has the value that the change gave it. */
function fieldsBack(base: Content, own: Change[]): { content: Content; kept: string[] } {
  const content = { ...base };
  const kept = new Set<string>();
  for (const { before, after } of own.toReversed()) {
    if (!before || !after) continue;
    for (const name of differing(before.content, after.content)) {
      if (kept.has(name)) continue;
      if (content[name] === after.content[name]) content[name] = before.content[name] ?? null;
      else kept.add(name);
    }
  }
  return { content, kept: [...kept].sort() };
}

/** The same for one task, from all its changes since the first that is taken back. */
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
 * What only these calls have changed becomes what it was before them; elsewhere the fields that still have their values do, and the rest is named. What they made
 * and others changed, and what others removed or made anew, stays as a whole.
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
