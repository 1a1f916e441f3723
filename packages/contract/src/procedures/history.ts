import { z } from 'zod';
import { type EntityName, entities } from '../entities.ts';
import { eventActions } from '../events.ts';
import { timestamp, utc } from '../fields.ts';
import { mutation, query } from '../kinds.ts';
import { UNDO_MAX_KEPT_ITEMS } from '../limits.ts';
import { changesOf, done, id, paged, pageOf, seq, triableInput } from '../schemas.ts';

const entity = z.enum(['task']) satisfies z.ZodType<EntityName>;

/** One change of one entity. */
export const event = z.strictObject({
  /** Its position in the log of everything that this person has: 1 for the first change, one more for each, without a gap. */
  seq,
  entity,
  id: z.uuid(),
  action: z.enum(eventActions),
  at: utc,
  /** Of the call that made the change, if it had one. */
  mutationId: z.uuid().nullable(),
  /** The fields that changed, and no others. */
  changes: changesOf(entities.task.fields),
});

const rewound = z.strictObject({ restored: z.int(), edited: z.int(), removed: z.int(), ...done });

/** What an undo leaves as it is because other calls have changed it since. */
const kept = z.strictObject({
  entity,
  id: z.uuid(),
  /** The fields that stay; empty for the whole entity. */
  fields: z.array(z.string()),
});

const undone = z.strictObject({
  ...rewound.shape,
  kept: z.array(kept).max(UNDO_MAX_KEPT_ITEMS),
  /** How many there are in all. */
  keptCount: z.int(),
});

/** One call by its idempotency key, or all calls with one group id. */
const undoTarget = z.union([z.strictObject({ mutationId: id }), z.strictObject({ groupId: id })], 'must be { mutationId } or { groupId }');

export const history = {
  /** A page of changes, newest first, those of removed entities included. `entity` and `id` narrow it down. Fails with INVALID_CURSOR. */
  list: query(z.strictObject({ entity: entity.optional(), id: id.optional(), ...paged }).prefault({}), pageOf(event)),
  /**
   * Sets everything back to how it was at a log position or a time, all or nothing. Another rewind undoes it; a dry run counts what would change. Fails with
   * QUOTA_REACHED, and INVALID_INPUT when that is before the beginning of a trimmed log.
   */
  rewind: mutation(triableInput({ to: z.union([seq, timestamp().schema], 'must be a position in the log or an ISO-8601 time') }), rewound),
  /**
   * Takes back what one call or a group of calls did, all or nothing: a field that still has their value gets the one before, what they created goes, what they
   * removed comes back. What other calls have changed since stays, and is named in `kept`. Another undo takes it back. Fails with CALL_NOT_FOUND when no such call
   * is remembered, QUOTA_REACHED, and INVALID_INPUT when it is before the beginning of a trimmed log.
   */
  undo: mutation(triableInput({ of: undoTarget }), undone),
};

export type HistoryEvent = z.output<typeof event>;
