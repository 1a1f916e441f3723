import { type EntityName, isSameValue, type Stored } from '@todo/contract';
import { type OwnerDb, replayState, restore, tables } from '@todo/db';
import { ApiError, notFound, trimmedError } from '../errors.ts';
import { alreadyApplied, type Done } from '../idempotency.ts';

type Values = object;

/** Compares the fields that creating writes, or those with the given names. */
export function isSameContent(name: EntityName, a: Values, b: Values, fields = tables[name].creatableNames): boolean {
  const valuesOf = (values: Values) => new Map<string, unknown>(Object.entries(values));
  const [left, right] = [valuesOf(a), valuesOf(b)];
  return fields.every((field) => isSameValue(left.get(field), right.get(field)));
}

/** An entity when the call was complete (the call held its owner's lock until then), and whether the call itself brought it into that state. */
interface State<Name extends EntityName> {
  state: Stored[Name] | null;
  isOwn: boolean;
}

/** Returns a function that gives the state of each of these ids. Throws ALREADY_APPLIED if the events of the call were trimmed. */
export async function statesAfter<Name extends EntityName>(db: OwnerDb, name: Name, ids: string[], done: Done): Promise<(id: string) => State<Name>> {
  const rows = await replayState(db, name, ids, { mutationId: done.mutationId, seq: done.seq });
  if (!rows) throw alreadyApplied(done);
  const states = new Map(rows.map(({ id, isOwn, state }) => [id, { state, isOwn }]));
  return (id) => states.get(id) ?? { state: null, isOwn: false };
}

export interface Target {
  id: string;
  expectedVersion?: number | undefined;
}

interface RestoreTarget {
  id: string;
  seq?: number | undefined;
}

/** The replays of the changes of one entity. */
export function createReplay<Name extends EntityName>(name: Name) {
  const stateAfter = async (db: OwnerDb, id: string, done: Done) => (await statesAfter(db, name, [id], done))(id);

  async function create(db: OwnerDb, input: { id?: string | undefined }, done: Done): Promise<Stored[Name]> {
    const { state, isOwn } = await stateAfter(db, input.id ?? done.mutationId, done);
    if (!state || !(isOwn || isSameContent(name, state, input))) throw new ApiError('ID_TAKEN');
    return state;
  }

  /** For a change that the entity survives. */
  async function change(db: OwnerDb, input: Target, done: Done): Promise<Stored[Name]> {
    const { state, isOwn } = await stateAfter(db, input.id, done);
    if (!state) throw new ApiError(notFound[name]);
    if (!isOwn && state.version !== (input.expectedVersion ?? state.version)) throw new ApiError('VERSION_CONFLICT');
    return state;
  }

  async function remove(db: OwnerDb, { id }: Target, done: Done): Promise<{ id: string }> {
    const { state, isOwn } = await stateAfter(db, id, done);
    if (state) throw new ApiError('VERSION_CONFLICT');
    if (!isOwn) throw new ApiError(notFound[name]);
    return { id };
  }

  async function restored(db: OwnerDb, { id }: RestoreTarget, done: Done): Promise<Stored[Name]> {
    if (!done.isKnown) throw trimmedError('seq');
    const { state } = done.isThere ? await stateAfter(db, id, done) : { state: null };
    if (!state) throw new ApiError(notFound[name]);
    return state;
  }

  return { create, change, remove, restore: restored };
}

/** Restores an entity as it was at a position of the log, or before its removal. */
export const createRestore =
  <Name extends EntityName>(name: Name) =>
  async (db: OwnerDb, { id, seq: at }: RestoreTarget): Promise<Stored[Name] & { seq: number }> => {
    const { isKnown, state, seq } = await restore(db, name, { id, seq: at ?? null });
    if (!isKnown) throw trimmedError('seq');
    if (!state) throw new ApiError(notFound[name]);
    return { ...state, seq };
  };
