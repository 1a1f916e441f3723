import type { EntityName, Stored } from '@todo/contract';
import { type Builder, eachField, type OwnerDb, omittedValues, owner, patchValues, prepare, tables } from '@todo/db';
import { and, eq, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { ApiError, notFound } from '../errors.ts';
import { createRestore, isSameContent, type Target } from './replay.ts';

const { placeholder } = sql;

/** With `mutationId` as its id unless it has another, so that a retry refers to the same entity. */
export interface Given {
  id?: string | undefined;
  mutationId?: string | undefined;
}

type Changed<Name extends EntityName> = Stored[Name] & { seq: number };
type Change<Input, Output> = (db: OwnerDb, input: Input) => Promise<Output>;

/** The queries and changes that every entity has. */
export interface Store<Name extends EntityName> {
  create: Change<Given, Changed<Name>>;
  get: Change<{ id: string }, Stored[Name]>;
  /** Changes the given fields. Equal values create no new version. */
  edit: Change<Target, Changed<Name>>;
  /** Makes a change that sets columns by itself; `valuesOf` gives the values of its placeholders. */
  changing<Input extends Target>(set: SQL, valuesOf?: (input: Input) => Record<string, unknown>): Change<Input, Changed<Name>>;
  remove: Change<Target, { id: string; seq: number }>;
  /** Makes a removal that changes more in the same statement: `also` may read what is removed, as `changed`. */
  removing(also: SQL): Change<Target, { id: string; seq: number }>;
  restore: Change<{ id: string; seq?: number | undefined }, Changed<Name>>;
}

/** A placeholder always needs a value, so an absent version is null. */
const target = ({ id, expectedVersion = null }: { id: string; expectedVersion?: number | null | undefined }) => ({ id, expectedVersion });

interface Found {
  rows: { isConflict: boolean; entity: object | null }[];
  seq: number;
}

/** `wholeOf` gives the ids of all that is removed with an entity, itself included. */
export function createStore<Name extends EntityName>(name: Name, wholeOf?: (id: SQLWrapper) => SQL): Store<Name>;
export function createStore(name: EntityName, wholeOf?: (id: SQLWrapper) => SQL) {
  const { table, added, columns, patched, required } = tables[name];
  const isThis = and(eq(table.userId, owner), eq(table.id, placeholder('id')));
  const returning = sql.join(Object.values(columns), sql`, `);

  /** For an existing id the no-op update returns the row unchanged. */
  const insert = prepare((db) =>
    db
      .insert(added)
      .values({ userId: owner, id: placeholder('id'), ...eachField(name, placeholder) })
      .onConflictDoUpdate({ target: [added.userId, added.id], set: { [required]: sql`${columns[required]}` } })
      .returning(columns),
  );
  const defaults = omittedValues(name);

  const select = prepare((db) => db.select(columns).from(table).where(isThis));

  /** True for any version if none is expected. */
  const isExpected = sql`coalesce(${table.version} = ${placeholder('expectedVersion')}::int, true)`;

  /** Nothing changed although the entity exists, because its version was not the expected one. Looks for it only if nothing changed. */
  const isConflict = (db: Builder, changed: SQLWrapper) => {
    const isThere = sql`exists ${db.select({ id: table.id }).from(table).where(isThis)}`;
    return sql<boolean>`case when ${changed} is null and ${placeholder('expectedVersion')}::int is not null then ${isThere} else false end`.as('is_conflict');
  };

  /** Compares and changes in one statement. */
  const prepareChange = (statement: SQL, rows = and(isThis, isExpected), also?: SQL) =>
    prepare((db) => {
      const changed = db.$with('changed', { ...columns }).as(sql`${statement} where ${rows} returning ${returning}`);
      return db
        .with(changed, ...(also ? [db.$with('also', {}).as(also)] : []))
        .select({ isConflict: isConflict(db, sql`changed.id`), entity: changed._.selectedFields })
        .from(sql`(select) call`)
        .leftJoin(changed, sql`changed.id = ${placeholder('id')}`);
    });

  const changed = ({ rows: [answer], seq }: Found) => {
    if (!answer?.entity) throw new ApiError(answer?.isConflict ? 'VERSION_CONFLICT' : notFound[name]);
    return { ...answer.entity, seq };
  };

  const changing = <Input extends Target>(set: SQL, valuesOf: (input: Input) => Record<string, unknown> = () => ({})) => {
    const statement = prepareChange(sql`update ${table} set ${set}`);
    return async (db: OwnerDb, input: Input) => changed(await db.change(statement, { ...target(input), ...valuesOf(input) }));
  };

  const whole = wholeOf && sql`${table.id} = any(array(select unnest(${wholeOf(table.id)}) from ${table} where ${and(isThis, isExpected)}))`;
  const removed = whole && and(eq(table.userId, owner), whole);
  const removing = (also?: SQL) => {
    const statement = prepareChange(sql`delete from ${table}`, removed, also);
    return async (db: OwnerDb, input: Target) => {
      const { seq } = changed(await db.change(statement, target(input)));
      return { id: input.id, seq };
    };
  };

  return {
    async create(db: OwnerDb, input: Given) {
      const { mutationId, id = mutationId ?? uuidv7() } = input;
      const { rows, seq } = await db.change(insert, { ...defaults, ...input, id });
      const [entity] = rows;
      if (!entity || !isSameContent(name, entity, input)) throw new ApiError('ID_TAKEN');
      return { ...entity, seq };
    },
    async get(db: OwnerDb, { id }: { id: string }) {
      const [entity] = await db.run(select, { id });
      if (!entity) throw new ApiError(notFound[name]);
      return entity;
    },
    edit: changing(patched(), (input: Target) => patchValues(name, { ...input })),
    changing,
    remove: removing(),
    removing,
    restore: createRestore(name),
  };
}
