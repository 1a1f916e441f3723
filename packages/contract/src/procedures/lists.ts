import { z } from 'zod';
import { entities } from '../entities.ts';
import { shapeOf } from '../fields.ts';
import { longMutation, mutation, query } from '../kinds.ts';
import { costOfChanges, costOfPage, IMPORT_MAX_ITEMS, WHOLE_LIST_COST } from '../limits.ts';
import {
  changeInput,
  changeOne,
  checkNeighbors,
  done,
  editable,
  entityOf,
  haveUniqueIds,
  id,
  imported,
  neighbors,
  one,
  paged,
  pageOf,
  restoreOne,
  triableInput,
  unique,
} from '../schemas.ts';

const { fields } = entities.list;

export const list = entityOf(fields).meta({ id: 'List' });
/** Without an id the server chooses one. */
const newList = z.strictObject({ id: id.optional(), ...shapeOf(editable(fields), 'given') });
/** With an id, so that another import recognizes it. */
export const importList = z.strictObject({ id, ...shapeOf(fields, 'given') }).meta({ id: 'ImportList' });

const changedList = list.extend(done).meta({ id: 'ChangedList' });

const listInput = z.strictObject({
  /** true for archived lists only, false for those in use only. */
  archived: z.boolean().optional(),
  ...paged,
});

/** A list of another user fails with LIST_NOT_FOUND, like one that does not exist. */
export const lists = {
  /** Creates a list. Fails with ID_TAKEN if a list with this id and other content exists, QUOTA_REACHED at the maximum of lists. */
  create: mutation(changeInput(newList.shape), changedList),
  /** Returns a list. Fails with LIST_NOT_FOUND. */
  get: query(z.strictObject(one), list),
  /** A page of lists in their order. Fails with INVALID_CURSOR. */
  list: query(listInput.prefault({}), pageOf(list), ({ limit }) => costOfPage(limit)),
  /** Changes the given fields; null clears one. Fails with LIST_NOT_FOUND or VERSION_CONFLICT. */
  edit: mutation(changeInput({ ...changeOne, ...shapeOf(editable(fields), 'patch') }), changedList),
  /** Archives a list; an archived one stays as it is. Fails with LIST_NOT_FOUND or VERSION_CONFLICT. */
  archive: mutation(changeInput(changeOne), changedList),
  /** Puts an archived list back into use; one in use stays as it is. Fails with LIST_NOT_FOUND or VERSION_CONFLICT. */
  unarchive: mutation(changeInput(changeOne), changedList),
  /** Moves a list before or after another one, or to the end. Fails with LIST_NOT_FOUND, VERSION_CONFLICT, NEIGHBOR_NOT_FOUND. */
  move: mutation(changeInput({ ...changeOne, ...neighbors }).superRefine(checkNeighbors), changedList),
  /** Removes a list, and its tasks or moves them to the inbox, in one change. Fails with LIST_NOT_FOUND or VERSION_CONFLICT. */
  remove: longMutation(
    changeInput({
      ...changeOne,
      /** What becomes of its tasks. */
      tasks: z.enum(['inbox', 'remove']),
    }),
    z.strictObject({ id: z.uuid(), ...done }),
    () => WHOLE_LIST_COST,
  ),
  /** Creates the lists whose ids do not exist, all or none, and changes no existing list. Fails with QUOTA_REACHED and the `index` of the first above it. */
  import: longMutation(triableInput({ lists: z.array(importList).min(1).max(IMPORT_MAX_ITEMS).refine(haveUniqueIds, unique) }), imported, ({ lists }) =>
    costOfChanges(lists.length),
  ),
  /**
   * Restores a removed list as it last was, or sets a list back to how it was at `seq`. Fails with LIST_NOT_FOUND, also when the list did not exist at `seq`,
   * QUOTA_REACHED, and INVALID_INPUT if the log was trimmed past `seq`.
   */
  restore: mutation(changeInput(restoreOne), changedList),
};

export type List = z.output<typeof list>;
export type NewList = z.input<typeof newList>;
export type ImportList = z.input<typeof importList>;
