import { type SQL, sql } from 'drizzle-orm';

/** The name of a label in the form in which names are compared: without case, whatever the collation of the database. */
export const labelKey = (name: SQL): SQL => sql`lower(${name} collate "und-x-icu") collate "default"`;

/** The same for a list of names. The sub-select runs once per statement. */
export const labelKeys = (names: SQL): SQL => sql`array(select ${labelKey(sql`given.name`)} from unnest(${names}) given (name))`;

const names = (placeholder: string) => sql`${sql.placeholder(placeholder)}::text[]`;

/** These labels of a task without `removeLabels`, then those of `addLabels` that it does not have. */
export const changedLabels = (labels: SQL): SQL => sql`array(select name from (
  select name, place from unnest(${labels}) with ordinality kept (name, place) where ${labelKey(sql`name`)} <> all (${labelKeys(names('removeLabels'))})
  union all
  select name, cardinality(${labels}) + place from unnest(${names('addLabels')}) with ordinality added (name, place)
  where ${labelKey(sql`name`)} <> all (${labelKeys(labels)})) label order by place)`;
