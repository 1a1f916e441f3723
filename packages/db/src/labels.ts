import { type SQL, sql } from 'drizzle-orm';
import { tasks } from './schema/tasks.ts';

/** The name of a label in the form in which names are compared: without case, whatever the collation of the database. */
export const labelKey = (name: SQL): SQL => sql`lower(${name} collate "und-x-icu") collate "default"`;

/** The same for a list of names. The sub-select runs once per statement. */
export const labelKeys = (names: SQL): SQL => sql`array(select ${labelKey(sql`given.name`)} from unnest(${names}) given (name))`;

const names = (placeholder: string) => sql`${sql.placeholder(placeholder)}::text[]`;

/** The labels of a task without `removeLabels`, then those of `addLabels` that it does not have. */
export const changedLabels: SQL = sql`array(select name from (
  select name, place from unnest(${tasks.labels}) with ordinality kept (name, place) where ${labelKey(sql`name`)} <> all (${labelKeys(names('removeLabels'))})
  union all
  select name, cardinality(${tasks.labels}) + place from unnest(${names('addLabels')}) with ordinality added (name, place)
  where ${labelKey(sql`name`)} <> all (${labelKeys(sql`${tasks.labels}`)})) label order by place)`;
