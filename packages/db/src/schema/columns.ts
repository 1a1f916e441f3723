import { customType, timestamp } from 'drizzle-orm/pg-core';
import { parse } from 'postgres-array';

/** Milliseconds, the precision of JavaScript dates: a time that a client sends back compares equal. */
const precise = { withTimezone: true, precision: 3 } as const;

/** A timestamp as an ISO 8601 string in UTC, for our own tables. */
export const timestampMs = (name: string) => timestamp(name, { ...precise, mode: 'string' });

/** A creation time in microseconds, so that rows created together keep their order. Responses show milliseconds. */
export const timestampUs = (name: string) => timestamp(name, { withTimezone: true, precision: 6, mode: 'string' });

/** A timestamp as a Date, for the tables of Better Auth. */
export const date = (name: string) => timestamp(name, { ...precise, mode: 'date' });

export const bytes = customType<{ data: Uint8Array }>({ dataType: () => 'bytea' });

/** A list as PostgreSQL reads it. */
export const arrayLiteral = (items: readonly unknown[]): string => `{${items.map((item) => `"${String(item).replaceAll(/["\\]/g, '\\$&')}"`).join()}}`;

/** Lists. Drizzle's own loses backslashes in items. */
export const texts = customType<{ data: string[]; driverData: string }>({
  dataType: () => 'text[]',
  toDriver: arrayLiteral,
  fromDriver: (list) => parse(list),
});
export const integers = customType<{ data: number[]; driverData: string }>({
  dataType: () => 'integer[]',
  toDriver: arrayLiteral,
  fromDriver: (list) => parse(list, Number),
});
