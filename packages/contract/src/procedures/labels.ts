import { z } from 'zod';
import { longMutation, query } from '../kinds.ts';
import { costOfPage, LABEL_MAX_CODE_POINTS, LABELS_MAX_PER_TASK, SEARCH_COST, WHOLE_LIST_COST } from '../limits.ts';
import { changeInput, done, paged, pageOf } from '../schemas.ts';
import { name, names } from '../values.ts';

const label = name(LABEL_MAX_CODE_POINTS);

const counted = z.strictObject({
  /** As most of its tasks spell it. */
  name: z.string(),
  /** How many open tasks have it. */
  open: z.int(),
  /** How many tasks have it. */
  total: z.int(),
});

const changed = z.strictObject({
  /** How many tasks were changed. */
  changed: z.int(),
  ...done,
});

const several = names(LABELS_MAX_PER_TASK, LABEL_MAX_CODE_POINTS).schema.optional();

/** Changes of single labels in an edit. They keep those that other calls add meanwhile. */
export const labelChanges = {
  /** Adds these labels. A label that the task has keeps its spelling. */
  addLabels: several,
  /** Takes these labels from the task, regardless of case. */
  removeLabels: several,
};

type LabelChanges = Record<'labels' | 'addLabels' | 'removeLabels', string[] | undefined>;

export function checkLabelChanges({ labels, addLabels, removeLabels }: Partial<LabelChanges>, { addIssue }: z.RefinementCtx): void {
  if (labels && (addLabels || removeLabels)) addIssue({ code: 'custom', path: ['labels'], message: 'cannot be combined with addLabels or removeLabels' });
  const removed = new Set(removeLabels?.map((label) => label.toLowerCase()));
  if (addLabels?.some((label) => removed.has(label.toLowerCase()))) addIssue({ code: 'custom', path: ['removeLabels'], message: 'has a label of addLabels' });
}

/** Names of labels are compared regardless of case. A label exists while a task has it. */
export const labels = {
  /** A page of labels, by name. Fails with INVALID_CURSOR. */
  list: query(z.strictObject(paged).prefault({}), pageOf(counted), ({ limit }) => costOfPage(limit) + SEARCH_COST),
  /** Gives the label another name on all tasks, as one change. A task that has both keeps one. Fails with QUOTA_REACHED. */
  rename: longMutation(changeInput({ from: label, to: label }), changed, () => WHOLE_LIST_COST),
  /** Takes the label from all tasks, as one change. */
  remove: longMutation(changeInput({ name: label }), changed, () => WHOLE_LIST_COST),
};
