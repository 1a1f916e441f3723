import type { ImportTask } from '@todo/contract';
import { createReader, type Fault } from '../file-task.ts';
import type { TaskFile } from '../task-file.ts';
import { type Draft, isOwn, type LineMessage, type Source } from './draft.ts';
import { createIds } from './ids.ts';
import { settleLists } from './lists.ts';
import { arrange } from './task-tree.ts';
import { demote, nameOf, prepare } from './values.ts';

const sentences = (faults: Fault[]) => faults.map(({ field, message }) => `The ${field || 'task'} ${message}.`).join(' ');

/** The values that the file gives, with what was kept as text at the end of the description. */
function complete({ values: all, kept }: Draft): Record<string, unknown> {
  const values = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
  if (kept.length === 0) return values;
  const lines = kept.map(({ name, text }) => `${name}: ${text}`).join('\n');
  return { ...values, description: [values.description, lines].filter(Boolean).join('\n\n') };
}

/** Values that are not valid are kept as text, unless the task could not be recognized without them. */
function validate(source: Source, draft: Draft, id: unknown, read: (value: unknown) => ImportTask | Fault[]): ImportTask | Fault[] {
  for (;;) {
    const found = read({ ...complete(draft), id });
    if (!Array.isArray(found) || isOwn(source)) return found;
    const faults = new Map(found.map(({ field, message }) => [field, message]));
    // Another round may find that a field lacks one that it requires.
    if ([...faults.keys()].some((field) => !(field in nameOf) || draft.values[field] === undefined)) return found;
    for (const [field, message] of faults) demote(draft, field, message);
  }
}

const noteOf = ({ line, kept }: Draft): LineMessage[] =>
  kept.map(({ name, text, why }) => ({ line, message: `${name} ${JSON.stringify(text)} ${why}; it is kept in the description.` }));

/** In JSON a message names the task by its number, as lines say nothing there. */
const inJson = new Set<Source['kind']>(['todo', 'google-tasks', 'microsoft-to-do', 'vikunja', 'super-productivity', 'taskwarrior']);

const byLine = (a: LineMessage, b: LineMessage) => a.line - b.line;

/** Validates what a reader has found, and gives it ids and an order. `zone` is that of times without one. */
export function settle(source: Source, zone: string): TaskFile {
  const { kind, drafts, ignored } = source;
  const problems = [...source.problems];
  const read = createReader('task');
  const ids = createIds(kind);
  const accepted: { draft: Draft; task: ImportTask }[] = [];
  for (const draft of drafts) {
    prepare(source, draft, zone);
    const task = validate(source, draft, ids.idOf(draft), read);
    if (Array.isArray(task)) problems.push({ line: draft.line, message: sentences(task) });
    else {
      accepted.push({ draft, task });
      ids.take(draft);
    }
  }
  const notes = [...source.notes, ...accepted.flatMap(({ draft }) => noteOf(draft))];
  const { lists, idOf } = settleLists(source, problems);
  for (const { draft } of accepted)
    if (draft.list !== undefined && !idOf.has(draft.list))
      notes.push({ line: draft.line, message: 'Its list is not in the file or cannot be imported, so it is in the inbox.' });
  const nodes = arrange(
    accepted,
    [...idOf.keys()].filter((key) => idOf.get(key) !== undefined),
    notes,
  );
  const tasks = nodes.map(({ task, parent, list }) => ({
    ...task,
    listId: (list === undefined ? undefined : idOf.get(list)) ?? null,
    parentId: parent?.task.id ?? null,
  }));
  const told = (messages: LineMessage[]) =>
    messages.sort(byLine).map(({ line, message }) => ({ line, message: inJson.has(kind) && line > 0 ? `Task ${line}: ${message}` : message }));
  return { kind, lists, tasks, problems: told(problems), notes: told(notes), ignored };
}
