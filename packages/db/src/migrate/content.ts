import type { Connection } from '../connection/connection.ts';
import { texts } from '../log/owners.ts';

/** What the product's schemas contain, apart from extensions and their members. Omits what goes with another object, such as the sequence of a column. */
const readContent = `
  select identified.type, identified.identity from pg_catalog.pg_depend held
  cross join lateral pg_catalog.pg_identify_object(held.classid, held.objid, 0) identified
  where held.refclassid = 'pg_catalog.pg_namespace'::regclass and held.refobjid in ('public'::regnamespace, to_regnamespace('drizzle'))
    and held.deptype = 'n' and held.classid <> 'pg_catalog.pg_extension'::regclass
    and not exists (select from pg_catalog.pg_depend part
      where part.classid = held.classid and part.objid = held.objid and part.objsubid = 0 and part.deptype in ('e', 'i', 'a'))
  order by identified.schema = 'drizzle', identified.type <> 'table', identified.identity`;

/** All other tables, views, functions and foreign keys: those of other schemas and of extensions. */
const readOthers = `
  select identified.type || ' ' || identified.identity from (
    select 'pg_catalog.pg_class'::regclass as class, oid, relnamespace as space from pg_catalog.pg_class where relkind in ('r', 'p', 'v', 'm', 'f')
    union all select 'pg_catalog.pg_proc'::regclass, oid, pronamespace from pg_catalog.pg_proc
    union all select 'pg_catalog.pg_constraint'::regclass, oid, connamespace from pg_catalog.pg_constraint where contype = 'f'
  ) object
  cross join lateral pg_catalog.pg_identify_object(object.class, object.oid, 0) identified
  where object.space not in (select oid from pg_catalog.pg_namespace where nspname in ('public', 'drizzle', 'information_schema') or starts_with(nspname, 'pg_'))
    or exists (select from pg_catalog.pg_depend member where member.classid = object.class and member.objid = object.oid and member.deptype = 'e'
      and object.space = 'public'::regnamespace)
  order by 1`;

/** The objects that `dropEverything` would delete, in words such as `table public.tasks`. */
export const contentOf = async (connection: Connection): Promise<string[]> => (await texts(connection, readContent)).map((each) => each.join(' '));

const namesOf = async (connection: Connection) => (await texts(connection, readOthers)).flat();

/** Deletes all data, tables and rules, but no extension. Throws when anything outside depends on them, such as a view for reports. */
export async function dropEverything(connection: Connection): Promise<void> {
  const [content, others] = [await texts(connection, readContent), await namesOf(connection)];
  const drops = content.map(([type = '', identity]) => `drop ${type.replace(' object', '')} if exists ${identity} cascade`);
  await connection.send([{ text: [...drops, 'drop schema if exists drizzle cascade'].join('; ') }]);
  const left = new Set(await namesOf(connection));
  const lost = others.filter((name) => !left.has(name));
  if (lost.length > 0)
    throw new Error(
      `Nothing was deleted, because this depends on the tables to be deleted: ${lost.slice(0, 5).join(', ')}. Drop it first, and create it again afterwards.`,
    );
}
