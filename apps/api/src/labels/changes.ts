import { arrayLiteral } from '@todo/db';

/** An edit of single labels. */
interface LabelChanges {
  addLabels?: string[] | undefined;
  removeLabels?: string[] | undefined;
}

export const changesLabels = ({ addLabels, removeLabels }: LabelChanges) => addLabels !== undefined || removeLabels !== undefined;

export const labelValues = ({ addLabels = [], removeLabels = [] }: LabelChanges) => ({
  addLabels: arrayLiteral(addLabels),
  removeLabels: arrayLiteral(removeLabels),
});
