import type { EntityName } from '@todo/contract';
import { generateKeyBetween } from 'fractional-indexing';
import type { Content, State, Wanted } from './entities.ts';

/** The manual order in the model. Its keys come from the npm package, those of the database do not. */

type Key = string | null;
type Entry = [id: string, key: string];

const keyOf = ({ position }: Content): string => (typeof position === 'string' ? position : '');
const isBefore = ([id, key]: Entry, [otherId, other]: Entry) => (key === other ? id < otherId : key < other);

/** The entities with the list and parent of `content` in their order, without those with these ids. */
function siblings(state: State, entity: EntityName, { listId, parentId }: Content, except: string[]): Entry[] {
  const entries = [...state].flatMap(([id, { entity: kind, content }]): Entry[] =>
    kind === entity && content.listId === listId && content.parentId === parentId && !except.includes(id) ? [[id, keyOf(content)]] : [],
  );
  return entries.sort((a, b) => (isBefore(a, b) ? -1 : 1));
}

/** New entities in the given order, each with a key after the last one, except for those that have one. */
export function added(state: State, fresh: Wanted[], placed: string[]): Wanted[] {
  const later = new Map(state);
  return fresh.map((wanted) => {
    const { entity, id, content: given } = wanted;
    if (!given || !('position' in given)) return wanted;
    const last = siblings(later, entity, given, []).at(-1)?.[1] ?? null;
    const content = placed.includes(id) ? given : { ...given, position: generateKeyBetween(last, null) };
    later.set(id, { entity, content, version: 1, created: {} });
    return { entity, id, content };
  });
}

function between(low: Key, high: Key, amount: number): string[] | undefined {
  if (low !== null && high !== null && low >= high) return undefined;
  if (amount === 0) return [];
  const key = generateKeyBetween(low, high);
  if (low !== null && high !== null) {
    const before = low.length > key.length ? 0 : high.length > key.length ? amount - 1 : Math.floor(amount / 2);
    return [...(between(low, key, before) ?? []), key, ...(between(key, high, amount - before - 1) ?? [])];
  }
  const keys = [key];
  while (keys.length < amount) {
    if (high === null) keys.push(generateKeyBetween(keys.at(-1), null));
    else keys.unshift(generateKeyBetween(null, keys[0]));
  }
  return keys;
}

/** New keys for `ids` between `lefts` and `rights`, and for the fewest of their neighbours, of the left ones if there is a choice. */
function placed(lefts: Entry[], rights: Entry[], ids: string[]): Entry[] {
  for (let fewest = 0; fewest <= lefts.length + rights.length; fewest += 1) {
    for (let left = Math.max(0, fewest - rights.length); left <= Math.min(fewest, lefts.length); left += 1) {
      const right = fewest - left;
      const keys = between(lefts.at(-left - 1)?.[1] ?? null, rights[right]?.[1] ?? null, ids.length + fewest);
      const all = [...lefts.slice(lefts.length - left), ...ids.map((id): Entry => [id, '']), ...rights.slice(0, right)];
      if (keys) return all.map(([id], i) => [id, keys[i] ?? '']);
    }
  }
  return [];
}

interface Target {
  before?: string | undefined;
  after?: string | undefined;
}

/** What a move beside a neighbour or to the end changes. No task is in a parent. */
export function moved(state: State, entity: EntityName, ids: string[], { before, after }: Target): Wanted[] | 'NEIGHBOR_NOT_FOUND' {
  const first = state.get(ids[0] ?? '')?.content;
  const neighborId = before ?? after;
  const neighbor = neighborId === undefined ? undefined : state.get(neighborId)?.content;
  if (!first || (neighborId !== undefined && !neighbor)) return 'NEIGHBOR_NOT_FOUND';
  const target = neighbor ?? first;
  const others = siblings(state, entity, target, ids);
  const at = neighborId === undefined ? others.length : others.findIndex(([id]) => id === neighborId) + (after === undefined ? 0 : 1);
  const [lefts, rights] = [others.slice(0, at), others.slice(at)];
  const [low, high, own] = [lefts.at(-1)?.[1], rights[0]?.[1], keyOf(first)];
  const isThere = ids.length === 1 && first.listId === target.listId && (low === undefined || low < own) && (high === undefined || own < high);
  const entries: Entry[] = isThere ? [] : placed(lefts, rights, ids);
  const keys = new Map(entries);
  return [...new Set([...ids, ...keys.keys()])].flatMap((id): Wanted[] => {
    const content = state.get(id)?.content;
    const list = 'listId' in target ? { listId: target.listId ?? null } : {};
    return content ? [{ entity, id, content: { ...content, ...list, position: keys.get(id) ?? keyOf(content) } }] : [];
  });
}

/** A plan with these changes, or the reason why one of both fails. */
export const planned = <Plan extends { wanted: Wanted[] }>(plan: Plan | string, wanted: Wanted[] | string): Plan | string =>
  typeof plan === 'string' ? plan : typeof wanted === 'string' ? wanted : { ...plan, wanted };
