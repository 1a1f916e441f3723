import { inspect, type TestDatabase } from '@todo/db/testing';

/** Tables that hold more of a victim after what anybody may do, with the reason. */
const mayGrow: Record<string, string> = {
  mails: 'anybody may ask for a mail to an address',
  security_events: 'whoever tries a wrong password for an address is told of to its owner',
};

const ownerTables = async ({ superuserUrl }: Pick<TestDatabase, 'superuserUrl'>): Promise<string[]> => {
  const rows = await inspect(
    superuserUrl,
    `select table_name from information_schema.columns where table_schema = 'public' and column_name = 'user_id' order by 1`,
  );
  return rows.map(({ table_name }) => String(table_name));
};

const among = (ids: readonly string[]) => ids.map((id) => `'${id}'`).join();

/** All rows of these people, as text. Tables that others add are found in the catalog. */
export async function rowsOf(database: Pick<TestDatabase, 'superuserUrl'>, ids: readonly string[]): Promise<string[]> {
  const tables = await ownerTables(database);
  const parts = [
    `select u::text as row from "user" u where id in (${among(ids)})`,
    ...tables.map((table) => `select t::text from public.${table} t where user_id in (${among(ids)})`),
  ];
  return (await inspect(database.superuserUrl, parts.join(' union all '))).map(({ row }) => String(row));
}

/** A digest of the rows of these people, by table. */
export async function digestOf(database: Pick<TestDatabase, 'superuserUrl'>, ids: readonly string[]): Promise<Record<string, string>> {
  const tables = (await ownerTables(database)).filter((table) => !(table in mayGrow));
  const digest = `md5(coalesce(string_agg(t::text, '|' order by t::text), ''))`;
  const parts = [
    `select 'user' as name, ${digest} as digest from "user" t where id in (${among(ids)})`,
    ...tables.map((table) => `select '${table}', ${digest} from public.${table} t where user_id in (${among(ids)})`),
  ];
  const rows = await inspect(database.superuserUrl, parts.join(' union all '));
  return Object.fromEntries(rows.map(({ name, digest: found }) => [String(name), String(found)]));
}
