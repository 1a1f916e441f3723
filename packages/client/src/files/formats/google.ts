import { type Context, createSource, type Draft, keep, type Source } from '../drafts/draft.ts';
import { dayOf, instantOf, readDateTime, timestampOf } from '../parsing/date-time.ts';
import { arrayOf, othersOf, recordOf, textOf } from '../parsing/json.ts';

const KNOWN = ['kind', 'id', 'title', 'updated', 'status', 'due', 'completed', 'notes', 'parent', 'position', 'links', 'hidden', 'deleted', 'created'];
/** Addresses and kinds that say nothing of the task. */
const SILENT = ['etag', 'selfLink', 'webViewLink', 'task_type', 'taskType', 'items'];

/** Whether this is a Takeout of Google Tasks, or one list of it. */
export const isGoogle = (content: unknown): boolean => /^tasks#(taskLists|taskList|tasks)$/.test(textOf(recordOf(content).kind));

function draftOf(task: Record<string, unknown>, line: number, list: string, context: Context, source: Source): Draft {
  const { id, title, notes, due, completed, parent, position, updated } = task;
  const draft: Draft = {
    line,
    key: textOf(id) || undefined,
    source: textOf(id) || undefined,
    content: JSON.stringify(['google', list, title, notes]),
    parent: textOf(parent) || undefined,
    list,
    order: textOf(position) || undefined,
    values: { title: textOf(title), description: textOf(notes) },
    kept: [],
  };
  // A date at midnight UTC. As an instant it would be a day early west of Greenwich.
  const day = readDateTime(textOf(due));
  if (day) draft.values.dueDate = day.date;
  else keep(draft, 'Due', textOf(due), 'is not a date');
  for (const link of arrayOf(task.links)) keep(draft, 'Link', recordOf(link).link, 'has no field');
  if (textOf(task.status) !== 'completed' && completed === undefined && task.hidden !== true) return draft;
  const at = readDateTime(textOf(completed)) ?? readDateTime(textOf(updated));
  draft.values.completedAt = timestampOf(at && instantOf(at, 'UTC')) ?? context.now;
  if (!readDateTime(textOf(completed)))
    source.notes.push({
      line,
      message: `The file does not say when it was completed; it is completed as of ${at ? `its last change, ${dayOf(at, context.zone)}` : 'the import'}.`,
    });
  return draft;
}

/** Reads a Takeout of Google Tasks: lists that hold their tasks. */
export function readGoogle(content: unknown, context: Context): Source {
  const source = createSource('google-tasks');
  const ignored = new Set<string>();
  const root = recordOf(content);
  const isList = root.kind === 'tasks#tasks' || root.kind === 'tasks#taskList';
  let line = 0;
  const readList = (value: unknown) => {
    const list = recordOf(value);
    const key = textOf(list.id) || textOf(list.title);
    if (key !== '') source.lists.push({ key, source: key, name: list.title });
    const readTasks = (items: unknown, parent: string | undefined) => {
      for (const item of arrayOf(items)) {
        line += 1;
        const task = recordOf(item);
        for (const name of othersOf(task, [...KNOWN, ...SILENT])) ignored.add(name);
        if (task.deleted === true) {
          source.problems.push({ line, message: `${JSON.stringify(textOf(task.title))} is deleted in Google Tasks.` });
          continue;
        }
        const draft = draftOf(task, line, key, context, source);
        draft.list = key || undefined;
        draft.parent ??= parent;
        source.drafts.push(draft);
        readTasks(task.items, draft.key);
      }
    };
    readTasks(list.items, undefined);
  };
  for (const list of isList ? [root] : arrayOf(root.items)) readList(list);
  source.ignored = [...ignored];
  return source;
}
