import { list, task } from '@todo/contract';
import { TodoError } from '../../transport/error.ts';
import { createSource, type Source } from '../drafts/draft.ts';
import { EXPORT_VERSIONS } from '../export-versions.ts';
import { arrayOf, recordOf, textOf } from '../parsing/json.ts';

export const isOwnExport = (content: unknown): boolean => recordOf(content).format === 'todo-export';

/** Reads an export of any version. Its history is not imported: the database alone says when a task was created and changed. */
export function readOwnExport(content: unknown): Source {
  const source = createSource('todo');
  const { version, tasks, lists } = recordOf(content);
  if (!EXPORT_VERSIONS.includes(version))
    throw new TodoError('INVALID_INPUT', `This export has version ${JSON.stringify(version)}. This client reads versions ${EXPORT_VERSIONS.join(', ')}.`);
  if (!Array.isArray(tasks) || (lists !== undefined && !Array.isArray(lists)))
    throw new TodoError('INVALID_INPUT', 'This export is damaged: its tasks are not a list.');
  const lower = (value: unknown) => textOf(value).toLowerCase() || undefined;
  const ignored = new Set<string>();
  const ignore = (record: Record<string, unknown>, shape: object) => {
    for (const [name, content] of Object.entries(record)) if (!(name in shape) && content !== null && content !== '') ignored.add(name);
  };
  const position = (value: unknown) => textOf(recordOf(value).position);
  const ordered = [...arrayOf(lists)].sort((a, b) => (position(a) < position(b) ? -1 : Number(position(a) > position(b))));
  for (const [index, value] of ordered.entries()) {
    const record = recordOf(value);
    const key = lower(record.id) ?? `list ${index}`;
    source.lists.push({ key, id: key, source: key, name: record.name, fields: record });
    ignore(record, list.shape);
  }
  if (tasks.length + source.lists.length === 0) source.problems.push({ line: 0, message: 'This export holds no lists and no tasks.' });
  for (const [index, value] of tasks.entries()) {
    const line = index + 1;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      source.problems.push({ line, message: 'The task must be an object.' });
      continue;
    }
    const record = recordOf(value);
    const key = lower(record.id);
    source.drafts.push({
      line,
      id: record.id,
      key,
      list: lower(record.listId),
      parent: lower(record.parentId),
      order: textOf(record.position) || undefined,
      values: record,
      kept: [],
    });
    ignore(record, task.shape);
  }
  source.ignored = [...ignored];
  return source;
}
