const key = (label: string) => label.trim().toLowerCase();

interface LabelChanges {
  labels?: string[] | null;
  addLabels?: string[];
  removeLabels?: string[];
}

/** The labels of a task after `addLabels` and `removeLabels`, which compare names regardless of case. Nothing if the input has neither. */
export function changedLabels(labels: readonly string[], { addLabels, removeLabels }: LabelChanges): { labels?: string[] } {
  if (!addLabels && !removeLabels) return {};
  const removed = new Set(removeLabels?.map(key));
  const kept = labels.filter((label) => !removed.has(key(label)));
  const present = new Set(kept.map(key));
  return { labels: [...kept, ...(addLabels ?? []).filter((label) => !present.has(key(label)))] };
}
