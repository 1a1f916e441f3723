import { isTimeZone } from '@todo/contract';
import { findIana } from 'windows-iana';

const found = new Map<string, string | undefined>();
const FOUND_MAX = 1_000;

/** The IANA name of a zone that a file names: an IANA name, one with a prefix as some calendars write it, or a name of Windows. Undefined if unknown. */
export function zoneOf(name: string): string | undefined {
  if (found.has(name)) return found.get(name);
  const zone = lookUp(name.trim());
  if (found.size < FOUND_MAX) found.set(name, zone);
  return zone;
}

function lookUp(given: string): string | undefined {
  if (isTimeZone(given)) return given;
  const windows = findIana(given, '001')[0] ?? findIana(given)[0];
  if (windows !== undefined && isTimeZone(windows)) return windows;
  const end = /[A-Za-z_]+\/[A-Za-z_+-]+(?:\/[A-Za-z_]+)?$/.exec(given)?.[0];
  return end !== undefined && end !== given && isTimeZone(end) ? end : undefined;
}
