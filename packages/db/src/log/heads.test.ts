import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../database.ts';
import { withConnection } from '../migrate/migrate.ts';
import { addOwner, createTestDatabase, inspect, type Link, openLink, type TestDatabase, trust } from '../testing/database.ts';

let own: TestDatabase;
let link: Link;
let database: Database;

beforeAll(async () => {
  own = await createTestDatabase();
  link = await openLink(own.appUrl);
  database = own.open();
});
afterAll(async () => {
  await link[Symbol.asyncDispose]();
  await own[Symbol.asyncDispose]();
});

function proven(id: string) {
  trust(id);
  return id;
}

const asWatcher = (text: string) =>
  withConnection(own.appUrl, async (connection) => {
    const [, rows] = await connection.send([
      { text: `begin; set local role todo_watcher; set local app.user_id = '${randomUUID()}'` },
      { text },
      { text: 'rollback' },
    ]);
    return [...(rows ?? [])];
  });

describe('the heads that have moved', () => {
  it('are those of the owners whose logs end elsewhere than known, and of nobody else', async () => {
    const [ada, ben, cleo, dan] = [await addOwner(own, 3), await addOwner(own, 2), await addOwner(own), await addOwner(own, 1)];
    const known = [
      { owner: ada, seq: 1 },
      { owner: ben, seq: 2 },
      { owner: cleo, seq: 0 },
    ];
    expect(await database.newerHeads(known)).toEqual(new Map([[ada, 3]]));
    await inspect(own.superuserUrl, `delete from "user" where id = '${ben}'`);
    await inspect(own.superuserUrl, `update tasks set title = 'Changed' where user_id = '${dan}'`);
    expect(await database.newerHeads([...known, { owner: ada, seq: 3 }])).toEqual(
      new Map([
        [ada, 3],
        [ben, 0],
      ]),
    );
    expect(await database.newerHeads([])).toEqual(new Map());
  });

  it.each(['custom', 'generic'])('are found by the key of each owner, by a %s plan', async (mode) => {
    await inspect(
      own.superuserUrl,
      `insert into "user" select gen_random_uuid(), 'P', gen_random_uuid(), true, null, now(), now() from generate_series(1, 20000)`,
    );
    await inspect(own.superuserUrl, 'vacuum analyze owners');
    const overLink = openDatabase(link.url);
    const owners = Array.from({ length: 20 }, () => randomUUID());
    link.statements();
    await overLink.newerHeads(owners.map((owner) => ({ owner: proven(owner), seq: 0 })));
    await overLink.close();
    const [statement] = link.statements();
    const plan = await withConnection(own.appUrl, async (connection) => {
      const start = `begin; set local role todo_watcher; set local plan_cache_mode = force_${mode}_plan; prepare look as ${statement?.text}`;
      const values = statement?.values.map((value) => `'${String(value)}'`).join();
      const [, rows] = await connection.send([{ text: start }, { text: `explain (format json) execute look (${values})` }, { text: 'rollback' }]);
      return JSON.stringify(rows);
    });
    expect(plan).toContain('owners_pkey');
    expect(plan).not.toContain('Seq Scan');
  });
});

describe('a transaction that waits for changes, even one that names an owner,', () => {
  it('sees whose logs have how many events', async () => {
    const ada = await addOwner(own, 2);
    expect(await asWatcher(`select user_id, last_seq from owners where user_id = '${ada}'`)).toMatchObject([{ user_id: ada, last_seq: '2' }]);
  });

  it.each([
    'select from tasks',
    'select from events',
    'select open from owners',
    'select * from owners',
    'select from "user"',
    'select from session',
    'select from account_receipts',
    'update owners set last_seq = 0',
    'delete from owners',
    'insert into owners (user_id) values (gen_random_uuid())',
    'lock table owners in share mode',
  ])('is refused: %s', async (text) => {
    await expect(asWatcher(text)).rejects.toMatchObject({ code: '42501' });
  });
});
