/** What an event counts in the size of a log besides its fields: its other columns and its index entries. */
export const EVENT_BYTES = 400;

/** SQL for the size of an event in bytes. */
export const eventSize = (row: string): string => `octet_length(${row}.fields::text) + ${EVENT_BYTES}`;
