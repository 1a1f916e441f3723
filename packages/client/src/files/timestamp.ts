/** PostgreSQL accepts offsets up to 15:59. */
const ISO_8601 = /^[1-9]\d{3}-\d\d-\d\d(?:T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:Z|[+-](?:0\d|1[0-5]):[0-5]\d))?$/;

/** `Date` reads 30 February as 1 March, so compare the date after a round trip. */
function exists(date: string): boolean {
  const time = Date.parse(`${date}T00:00:00Z`);
  return Number.isFinite(time) && new Date(time).toISOString().startsWith(date);
}

/** Converts an ISO 8601 date, or time with offset, to UTC with milliseconds; a date becomes midnight UTC. Undefined for anything else. */
export function toTimestamp(text: string): string | undefined {
  if (!ISO_8601.test(text) || !exists(text.slice(0, 10))) return undefined;
  const time = new Date(text.replace(/(\.\d{3})\d+/, '$1')).toISOString();
  return /^[1-9]\d{3}-/.test(time) ? time : undefined;
}
