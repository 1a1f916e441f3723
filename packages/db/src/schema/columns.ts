import { customType, timestamp } from 'drizzle-orm/pg-core';

/** Milliseconds, because ISO strings and JavaScript dates hold no more: what a client sends back compares equal. */
const precise = { withTimezone: true, precision: 3 } as const;

/** A point in time as an ISO-8601 UTC string, for tables of ours. */
export const timestampMs = (name: string) => timestamp(name, { ...precise, mode: 'string' });

/** When something was created: in microseconds, which no answer shows, so that what is created together keeps its order. */
export const timestampUs = (name: string) => timestamp(name, { withTimezone: true, precision: 6, mode: 'string' });

/** A point in time as a Date, for tables of Better Auth. */
export const date = (name: string) => timestamp(name, { ...precise, mode: 'date' });

/** Raw bytes. */
export const bytes = customType<{ data: Uint8Array }>({ dataType: () => 'bytea' });
