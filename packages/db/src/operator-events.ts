import type { AuthEventName } from '@todo/contract';

/** A UUID of version 7, as PostgreSQL makes them from version 18 on. */
const newId = String.raw`(regexp_replace(lpad(to_hex(floor(extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0'), '^(.{8})', '\1-')
  || '-7' || substr(gen_random_uuid()::text, 16))::uuid`;

/** Adds a security event to the account of each user whose `id` the query `users` returns. */
export const operatorEvent = (name: AuthEventName, users: string): string => `
  insert into security_events (user_id, id, name, at, by_operator) select id, ${newId}, '${name}', now(), true from (${users}) known`;
