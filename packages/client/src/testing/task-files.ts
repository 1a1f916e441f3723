import { entities, type Field, isSameValue } from '@todo/contract';
import { type ReadOptions, readTaskFile } from '../import.ts';

const fields: [name: string, field: Field][] = Object.entries(entities.task.fields);

/** The time of the import differs from run to run. */
const isNow = (value: unknown) => typeof value === 'string' && Math.abs(Date.now() - Date.parse(value)) < 300_000;

/** What a file becomes, without ids and defaults: a task names its list and its parent. */
export function show(file: string | Uint8Array, { withIds = false, ...options }: ReadOptions & { withIds?: boolean } = {}) {
  const { kind, lists, tasks, problems, notes, ignored } = readTaskFile(file, { timeZone: 'Europe/Berlin', ...options });
  const listNames = new Map(lists.map(({ id, name }) => [id, name]));
  const titles = new Map(tasks.map(({ id, title }) => [id, title]));
  const places: { listId: string | null; parentId: string | null }[] = tasks;
  const told = (messages: { line: number; message: string }[]) =>
    messages.map(({ line, message }) => (line === 0 || message.startsWith('Task ') ? message : `${line}: ${message}`));
  return {
    kind,
    lists: lists.map(({ name, color, archivedAt }) => (color === null && archivedAt === null ? name : { name, color, archivedAt })),
    tasks: tasks.map((task, i) => {
      const values = Object.entries(task).filter(([name, value]) => {
        const field = fields.find(([each]) => each === name)?.[1];
        return field && !/^(listId|parentId|position)$/.test(name) && !isSameValue(value, field.default ?? null);
      });
      const list = listNames.get(places[i]?.listId ?? '');
      const parent = titles.get(places[i]?.parentId ?? '');
      const all = values.map(([name, value]): [string, unknown] => (name === 'completedAt' && isNow(value) ? [name, 'the import'] : [name, value]));
      return {
        ...(withIds ? { id: task.id } : {}),
        ...Object.fromEntries(all),
        title: task.title,
        ...(list === undefined ? {} : { in: list }),
        ...(parent === undefined ? {} : { below: parent }),
      };
    }),
    problems: told(problems),
    notes: told(notes),
    ignored,
  };
}
