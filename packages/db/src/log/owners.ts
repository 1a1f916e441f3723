import type { Connection } from '../connection/connection.ts';

const PAGE = 1_000;

/** Runs one statement without Drizzle and returns its values as text; null becomes an empty string. For operators. */
export async function texts(connection: Connection, text: string, params: (string | number)[] = []): Promise<string[][]> {
  const [rows] = await connection.send([{ text, prepared: { params, rows: 'arrays' } }]);
  return rows.map((row) => (Array.isArray(row) ? row.map((value) => String(value ?? '')) : []));
}

/** All owners, or only the given one, each with the number of owners still to come. Throws when no account has the id. */
export async function* ownersOf(connection: Connection, only?: string): AsyncGenerator<{ owner: string; after: number }> {
  const nobody = '00000000-0000-0000-0000-000000000000';
  if (only !== undefined) {
    if (!/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(only)) throw new Error(`No account has the id ${only}.`);
    const [found] = await texts(connection, 'select id from "user" where id = $1', [only]);
    if (!found?.[0]) throw new Error(`No account has the id ${only}.`);
    yield { owner: found[0], after: 0 };
    return;
  }
  const [[count = '0'] = []] = await texts(connection, 'select count(*) from "user"');
  let after = Number(count);
  for (let page = [nobody]; page.length > 0; ) {
    page = (await texts(connection, `select id from "user" where id > $1 order by id limit ${PAGE}`, [page.at(-1) ?? nobody])).flat();
    for (const owner of page) {
      after = Math.max(0, after - 1);
      yield { owner, after };
    }
  }
}
