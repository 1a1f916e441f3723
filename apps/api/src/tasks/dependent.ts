import { completeRecurrence } from '@todo/contract';
import { changedLabels, schema } from '@todo/db';
import { type SQL, sql } from 'drizzle-orm';
import { changesLabels, labelValues } from '../labels/changes.ts';

const { tasks } = schema;

type Edit = Parameters<typeof changesLabels>[0] & Parameters<typeof completeRecurrence>[0];

/** The rule with its days, if it lacks them and the edit does not say from when it repeats. */
function completed(input: Edit): string | null {
  const { recurrence } = completeRecurrence(input);
  return input.recurrence && recurrence !== input.recurrence ? (recurrence ?? null) : null;
}

/** Whether what an edit writes depends on the task: single labels, or a rule that gets its days if the task repeats from its due date. */
export const isDependent = (input: Edit) => changesLabels(input) || completed(input) !== null;

export const dependentValues = (input: Edit) => ({ ...labelValues(input), completed: completed(input) });

export const dependent = {
  labels: changedLabels,
  recurrence: (rule: SQL) => sql`case when ${tasks.repeatFrom} = 'due' then coalesce(${sql.placeholder('completed')}::text, ${rule}) else ${rule} end`,
};
