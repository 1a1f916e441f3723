import type { Output, Parsed, procedures } from '@todo/contract';
import { type OwnerDb, owner, prepare, schema, taskColumns } from '@todo/db';
import { and, eq, type SQL, sql } from 'drizzle-orm';
import { statesAfter } from '../entities/replay.ts';
import { ApiError } from '../errors.ts';
import type { Done } from '../idempotency.ts';
import { assertAll, forAll, isAmong } from './batch.ts';

const { tasks } = schema;
const { placeholder } = sql;

type Procedures = typeof procedures.tasks;
type Move = Parsed<Procedures['move']>;
type MoveMany = Parsed<Procedures['moveMany']>;

/** The moved tasks; none if one is missing. See packages/db/sql/05-moves.sql. */
const moved = (ids: SQL, expectedVersion: SQL) => sql`move_tasks(${owner}::uuid, ${ids}, ${placeholder('hasList')}::boolean, ${placeholder('listId')}::uuid,
  ${placeholder('hasParent')}::boolean, ${placeholder('parentId')}::uuid, ${placeholder('before')}::uuid, ${placeholder('after')}::uuid, ${expectedVersion})`;

const placeOf = ({ listId, parentId, before, after }: Omit<MoveMany, 'ids'>) => ({
  hasList: listId !== undefined,
  listId: listId ?? null,
  hasParent: parentId !== undefined,
  parentId: parentId ?? null,
  before: before ?? null,
  after: after ?? null,
});

const expectedVersion = sql`${placeholder('expectedVersion')}::int`;

const moveOne = prepare((db) => {
  const isThis = and(eq(tasks.userId, owner), eq(tasks.id, placeholder('id')));
  const isThere = sql<boolean>`case when ${expectedVersion} is not null then exists ${db.select({ id: tasks.id }).from(tasks).where(isThis)} else false end`;
  const result = db.$with('moved', { ...taskColumns }).as(sql`select * from ${moved(sql`array[${placeholder('id')}::uuid]`, expectedVersion)}`);
  return db
    .with(result)
    .select({ isThere: isThere.as('is_there'), task: result._.selectedFields })
    .from(sql`(select) call`)
    .leftJoin(result, sql`true`);
});

export async function moveTask(db: OwnerDb, { id, expectedVersion, ...place }: Move): Promise<Output<Procedures['move']>> {
  const { rows, seq } = await db.withNotes({ action: 'moved' }).change(moveOne, { id, expectedVersion: expectedVersion ?? null, ...placeOf(place) });
  const [answer] = rows;
  if (!answer?.task) throw new ApiError(answer?.isThere ? 'VERSION_CONFLICT' : 'TASK_NOT_FOUND');
  return { ...answer.task, seq };
}

const moveMany = prepare((db) =>
  db
    .select({ id: tasks.id, count: sql<number>`(select count(*) from ${moved(sql`${placeholder('ids')}::text::uuid[]`, sql`null`)})`.as('count') })
    .from(tasks)
    .where(isAmong),
);

export async function moveTasks(db: OwnerDb, { ids, ...place }: MoveMany): Promise<Output<Procedures['moveMany']>> {
  const { rows, seq } = await db.withNotes({ action: 'moved' }).change(moveMany, { ids: forAll(ids).ids, ...placeOf(place) });
  assertAll(ids, rows);
  return { ids, seq };
}

/** A call that was refused for another reason than a missing task has changed and stored nothing. */
export async function replayMoveMany(db: OwnerDb, { ids }: MoveMany, done: Done): Promise<{ ids: string[] }> {
  const stateOf = await statesAfter(db, 'task', ids, done);
  assertAll(
    ids,
    ids.flatMap((id) => stateOf(id).state ?? []),
  );
  return { ids };
}
