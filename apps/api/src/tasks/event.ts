import { entities, type FieldRule, type Task } from '@todo/contract';
import { pickFields, schema, type TaskField } from '@todo/db';

const { taskEvents } = schema;
const { taskId, createdAt, updatedAt, version } = taskEvents;

/** What an event holds of its task; all of it is null when the task was removed. */
export const stateColumns = { taskId, ...pickFields(taskEvents), createdAt, updatedAt, version };

type State = Pick<typeof taskEvents.$inferSelect, keyof typeof stateColumns>;

const rules: [name: string, rule: FieldRule][] = Object.entries(entities.task.fields);
const required = rules.flatMap(([name, { nullable }]) => (nullable ? [] : [name]));

/** Whether there are fields of a task, and not those of none. */
export const areFields = (fields: Record<TaskField, string | null>): fields is Pick<Task, TaskField> => {
  const values: Record<string, string | null> = fields;
  return required.every((name) => values[name] !== null);
};

/** The task that an event holds; null when it was removed. */
export function taskOf({ taskId: id, createdAt, updatedAt, version, ...event }: State): Task | null {
  const fields = pickFields(event);
  if (createdAt === null || updatedAt === null || version === null || !areFields(fields)) return null;
  return { id, ...fields, createdAt, updatedAt, version };
}
