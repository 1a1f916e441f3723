import { isSameValue } from '@todo/contract';
import type { Call } from './call.ts';
import type { Content, State, Wanted } from './entities.ts';
import type { Random } from './random.ts';

/** Labels in the model. Names are compared regardless of case. */

const key = (name: string) => name.toLowerCase();
const has = (names: readonly unknown[], name: string) => names.some((other) => key(String(other)) === key(name));
const labelsOf = ({ labels }: Content) => (Array.isArray(labels) ? labels.map(String) : []);

/** The content after an edit that may add and remove labels. */
export function withLabels(content: Content, edit: object): Content {
  const { addLabels, removeLabels = [] }: { addLabels?: string[]; removeLabels?: string[] } = edit;
  if (!addLabels && removeLabels.length === 0) return content;
  const labels = labelsOf(content);
  return { ...content, labels: [...labels.filter((name) => !has(removeLabels, name)), ...(addLabels ?? []).filter((name) => !has(labels, name))] };
}

type Relabel = (labels: string[]) => string[] | undefined;

/** Undefined for a task that does not have the label. */
const renaming =
  (from: string, to: string): Relabel =>
  (labels) =>
    has(labels, from)
      ? labels.filter((name) => key(name) === key(from) || key(name) !== key(to)).map((name) => (key(name) === key(from) ? to : name))
      : undefined;
const removing =
  (label: string): Relabel =>
  (labels) =>
    has(labels, label) ? labels.filter((name) => key(name) !== key(label)) : undefined;

/** What a change of a label does to all tasks. */
export function relabelling(state: State, call: Extract<Call, { path: 'labels.rename' | 'labels.remove' }>) {
  const relabel = call.path === 'labels.rename' ? renaming(call.input.from, call.input.to) : removing(call.input.name);
  const wanted = [...state].flatMap(([id, { entity, content }]): Wanted[] => {
    const labels = entity === 'task' ? relabel(labelsOf(content)) : undefined;
    return labels && !isSameValue(labels, content.labels) ? [{ entity, id, content: { ...content, labels } }] : [];
  });
  return { wanted, action: 'edited' as const, answer: { rest: { changed: wanted.length } } };
}

/** Different regardless of case. */
const names = ['A', 'c', 'D'];

/** Random calls that change labels. */
export const labelCalls = ({ one, some }: Random, ids: string[], call: { mutationId: string }): (() => Call)[] => [
  () => ({ path: 'tasks.edit', input: { id: one(ids), addLabels: some(names, 2), ...call } }),
  () => ({ path: 'tasks.editMany', input: { ids: some(ids, 3), addLabels: [one(names)], removeLabels: ['B'], ...call } }),
  () => ({ path: 'labels.rename', input: { from: one(names), to: one(['a', ...names]), ...call } }),
  () => ({ path: 'labels.remove', input: { name: one(names), ...call } }),
];
