const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value as an object; an empty one for any other value. */
export const recordOf = (value: unknown): Record<string, unknown> => (isRecord(value) ? value : {});

/** The items of an array; empty for any other value. */
export const arrayOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** A text or a number as text; '' for any other value. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '');

const isEmpty = (value: unknown) =>
  value === undefined || value === null || value === '' || value === false || value === 0 || (typeof value === 'object' && Object.keys(value).length === 0);

/** The names of the properties with content that are not among the known ones. */
export const othersOf = (record: Record<string, unknown>, known: readonly string[]): string[] =>
  Object.entries(record).flatMap(([name, value]) => (known.includes(name) || isEmpty(value) ? [] : [name]));
