const isoTime = (text: string) =>
  text.endsWith('+00') ? `${text.slice(0, 10)}T${text.slice(11, 19)}.${text.slice(20, -3).slice(0, 3).padEnd(3, '0')}Z` : text;

/** Makes the driver send and return times as ISO 8601 strings; the session's time zone is UTC. */
export const times = {
  date: { to: 1184, from: [1184], serialize: (time: Date | string) => (time instanceof Date ? time.toISOString() : time), parse: isoTime },
};
