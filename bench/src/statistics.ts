/** The value below which a share of the values lies, interpolated between two of them. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [below = Number.NaN, above = Number.NaN] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return below + (above - below) * (at % 1);
}

export const median = (values: readonly number[]) => quantile(values, 0.5);

/** The distance between the quartiles, as a share of the median. */
export const dispersion = (values: readonly number[]) => (quantile(values, 0.75) - quantile(values, 0.25)) / median(values);

export interface Spread {
  median: number;
  min: number;
  max: number;
}

export const spreadOf = (values: readonly number[]): Spread => ({ median: median(values), min: Math.min(...values), max: Math.max(...values) });

/** The median of one figure over all rounds. */
export const medianOf = <T>(rounds: readonly T[], figure: (round: T) => number) => median(rounds.map(figure));
