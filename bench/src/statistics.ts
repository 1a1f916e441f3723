export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}

/** The median of what is known; undefined when nothing is. */
export function medianOf<T>(items: readonly T[], value: (item: T) => number | undefined): number | undefined {
  const known = items.map(value).filter((each) => each !== undefined);
  return known.length > 0 ? median(known) : undefined;
}
