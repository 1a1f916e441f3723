import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../database.ts';
import { owner, prepare } from '../owner-db.ts';
import { type Copy, keepCopies, readCopies } from '../testing/copies.ts';
import { addOwner, createTestDatabase, script, type TestDatabase } from '../testing/database.ts';
import type { UserId } from '../user-id.ts';
import { entitiesAt } from './states.ts';

let own: TestDatabase;
let database: Database;
beforeAll(async () => {
  own = await createTestDatabase();
  await keepCopies(own);
  database = own.open();
});
afterAll(() => own[Symbol.asyncDispose]());

const asked = entitiesAt('task', sql`${sql.placeholder('ids')}::uuid[]`, sql`${sql.placeholder('upto')}::bigint`);
const statement = prepare((db) =>
  db.select({ whose: sql`user_id`, task: sql`to_jsonb(t) - 'user_id'` }).from(sql`(${asked}) t`).where(sql`user_id = ${owner}`),
);

const at = async (whose: UserId, ids: string[], upto: number) => {
  const rows = await database.as(whose).run(statement, { ids: `{${ids}}`, upto });
  return new Map(rows.map(({ task }) => [String(Object(task).id), task]));
};
const tasksOf = ({ tasks }: Copy) => new Map(tasks);

/** Two tasks are created, changed, removed, created again and restored; a third is created at the end. Each line is a transaction. */
const life = (whose: string, [a, b, c]: string[]) => [
  `insert into tasks (user_id, id, title) values ('${whose}', '${a}', 'A'), ('${whose}', '${b}', 'B')`,
  `update tasks set title = 'A2', description = 'Two' where user_id = '${whose}' and id = '${a}'`,
  `update tasks set completed_at = now() where user_id = '${whose}'`,
  `delete from tasks where user_id = '${whose}' and id = '${b}'`,
  `update tasks set description = '', completed_at = null where user_id = '${whose}' and id = '${a}'`,
  `insert into tasks (user_id, id, title, description) values ('${whose}', '${b}', 'B again', 'x')`,
  `update tasks set title = title || '!' where user_id = '${whose}'`,
  `delete from tasks where user_id = '${whose}'`,
  `set local app.action = 'restored'; insert into tasks (user_id, id, title) values ('${whose}', '${a}', 'A3')`,
  `insert into tasks (user_id, id, title) values ('${whose}', '${c}', 'C')`,
];

describe('entities as they were at a number of the log', () => {
  it('are those that were there, as a full copy of then holds them', async () => {
    const [ada, ben] = [await addOwner(own), await addOwner(own)];
    const ids = [randomUUID(), randomUUID(), randomUUID()];
    for (const whose of [ada, ben]) for (const line of life(whose, ids)) await script(own.superuserUrl, `begin; ${line}; commit`);
    const copies = await readCopies(own, ada);
    expect(copies).toHaveLength(11);
    for (const copy of copies) expect(await at(ada, ids, copy.seq), `at ${copy.seq}`).toEqual(tasksOf(copy));
    await script(own.superuserUrl, `select trim_log('${ada}', 7)`);
    for (const copy of copies.filter(({ seq }) => seq >= 7)) expect(await at(ada, ids, copy.seq), `at ${copy.seq} after a cut`).toEqual(tasksOf(copy));
  });

  it('are those asked for and no others', async () => {
    const ada = await addOwner(own);
    const ids = [randomUUID(), randomUUID(), randomUUID()];
    for (const line of life(ada, ids)) await script(own.superuserUrl, `begin; ${line}; commit`);
    expect([...(await at(ada, ids.slice(0, 1), 3)).keys()]).toEqual(ids.slice(0, 1));
    expect(await at(ada, [], 3)).toEqual(new Map());
    expect(await at(ada, [randomUUID()], 3)).toEqual(new Map());
  });
});
