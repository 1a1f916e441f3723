import type { EntityName } from '@todo/contract';
import { eachEntity, entitiesAt, type OwnerDb, owner, prepare, schema, tables } from '@todo/db';
import { asc, eq, sql } from 'drizzle-orm';
import { listHistoryBefore } from '../history/store.ts';
import { FIRST_ID } from '../paging.ts';

const { events, owners } = schema;
const { placeholder } = sql;

const PAGE = 200;

const selectExtent = prepare((db) => db.select({ last: owners.lastSeq, dropped: owners.droppedSeq }).from(owners).where(eq(owners.userId, owner)));

/** The last position of the log, and the position up to which it was trimmed. */
export interface Extent {
  last: number;
  dropped: number;
}

export async function readExtent(db: OwnerDb): Promise<Extent> {
  const [extent] = await db.run(selectExtent);
  return extent ?? { last: 0, dropped: 0 };
}

const upto = sql`${placeholder('upto')}::bigint`;
const after = sql`${placeholder('after')}::uuid`;
const rows = sql.raw(String(PAGE));

/** The next ids of entities that exist now or were changed after `upto`, each with the entity as it was at `upto`. */
const selectStates = eachEntity((name) =>
  prepare((db) => {
    const { table, columns } = tables[name];
    const asked = db.$with('asked', { id: sql<string>`id`.as('id') }).as(sql`
    select id from (
      (select t.id from ${table} t where t.user_id = ${owner} and t.id > ${after} order by t.id limit ${rows})
      union
      (select distinct e.entity_id from ${events} e where e.user_id = ${owner} and e.entity_id > ${after} and e.entity = ${sql.raw(`'${name}'`)} and e.seq > ${upto} order by e.entity_id limit ${rows})
    ) either order by id limit ${rows}`);
    const state = db.$with('state', { ...columns }).as(entitiesAt(name, sql`(select coalesce(array_agg(id), '{}') from asked)`, upto));
    const id = sql<string>`asked.id`;
    return db.with(asked, state).select({ id, entity: state._.selectedFields }).from(asked).leftJoin(state, eq(sql`state.id`, id)).orderBy(asc(id));
  }),
);

/** All entities of a kind as they were at a log position, in pages by id. Concurrent changes do not affect the result. */
export async function* entitiesOf(db: OwnerDb, name: EntityName, upto: number): AsyncGenerator<object[]> {
  for (let after: string | undefined = FIRST_ID; after !== undefined; ) {
    const page: { id: string; entity: object | null }[] = await db.run(selectStates[name], { after, upto });
    yield page.flatMap(({ entity }) => entity ?? []);
    after = page.length === PAGE ? page.at(-1)?.id : undefined;
  }
}

/** All events up to a log position, newest first, in pages. */
export async function* historyAt(db: OwnerDb, upto: number) {
  for (let end: number | undefined = upto + 1; end !== undefined; ) {
    const page: Awaited<ReturnType<typeof listHistoryBefore>> = await listHistoryBefore(db, end, PAGE);
    yield page;
    end = page.at(-1)?.seq;
  }
}
