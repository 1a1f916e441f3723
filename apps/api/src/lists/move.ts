import type { Output, Parsed, procedures } from '@todo/contract';
import { listColumns, type OwnerDb, owner, prepare, schema } from '@todo/db';
import { and, eq, sql } from 'drizzle-orm';
import { ApiError } from '../errors.ts';

const { lists } = schema;
const { placeholder } = sql;

type Move = (typeof procedures.lists)['move'];

const id = sql`${placeholder('id')}::uuid`;
const expectedVersion = sql`${placeholder('expectedVersion')}::int`;

/** See packages/db/sql/05-moves.sql. */
const statement = prepare((db) => {
  const isThis = and(eq(lists.userId, owner), eq(lists.id, id));
  const isThere = sql<boolean>`case when ${expectedVersion} is not null then exists ${db.select({ id: lists.id }).from(lists).where(isThis)} else false end`;
  const moved = sql`move_list(${owner}::uuid, ${id}, ${placeholder('before')}::uuid, ${placeholder('after')}::uuid, ${expectedVersion})`;
  const result = db.$with('moved', { ...listColumns }).as(sql`select * from ${moved}`);
  return db
    .with(result)
    .select({ isThere: isThere.as('is_there'), list: result._.selectedFields })
    .from(sql`(select) call`)
    .leftJoin(result, sql`true`);
});

export async function moveList(db: OwnerDb, { id, before, after, expectedVersion }: Parsed<Move>): Promise<Output<Move>> {
  const values = { id, before: before ?? null, after: after ?? null, expectedVersion: expectedVersion ?? null };
  const { rows, seq } = await db.withNotes({ action: 'moved' }).change(statement, values);
  const [answer] = rows;
  if (!answer?.list) throw new ApiError(answer?.isThere ? 'VERSION_CONFLICT' : 'LIST_NOT_FOUND');
  return { ...answer.list, seq };
}
