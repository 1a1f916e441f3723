import { z } from 'zod';
import { type EntityName, entities, entityNames } from '../entities.ts';
import { eventActions } from '../events.ts';
import type { Field } from '../fields.ts';
import { longMutation, query } from '../kinds.ts';
import { costOfPage, UNDO_MAX_KEPT_ITEMS, WHOLE_LIST_COST } from '../limits.ts';
import { changesOf, done, id, paged, pageOf, seq, triableInput } from '../schemas.ts';
import { timestamp, utc } from '../values.ts';

const entity = z.enum(entityNames);

const eventOf = <Name extends EntityName, All extends Record<string, Field>>(name: Name, fields: All) =>
  z.strictObject({
    /** Its position in the user's log: 1 for the first change, then consecutive. */
    seq,
    entity: z.literal(name),
    id: z.uuid(),
    action: z.enum(eventActions),
    at: utc,
    /** The idempotency key of the call that made the change, if it had one. */
    mutationId: z.uuid().nullable(),
    /** Only the fields that changed. */
    changes: changesOf(fields),
  });

export const event = z.discriminatedUnion('entity', [eventOf('list', entities.list.fields), eventOf('task', entities.task.fields)]);

const historyPage = pageOf(event).extend({
  /** Time of the oldest change of any entity that the log still has; null if it has none. Older changes were trimmed. */
  since: utc.nullable(),
});

const rewound = z.strictObject({ restored: z.int(), edited: z.int(), removed: z.int(), ...done });

/** An entity that an undo does not change, entirely or in part, because other calls have changed it since. */
const kept = z.strictObject({
  entity,
  id: z.uuid(),
  /** The unchanged fields; empty for the whole entity. */
  fields: z.array(z.string()),
});

const undone = z.strictObject({
  ...rewound.shape,
  kept: z.array(kept).max(UNDO_MAX_KEPT_ITEMS),
  /** The total number, which may exceed the length of `kept`. */
  keptCount: z.int(),
});

/** One call by its idempotency key, or all calls with one group id. */
const undoTarget = z.union([z.strictObject({ mutationId: id }), z.strictObject({ groupId: id })], 'must be { mutationId } or { groupId }');

export const history = {
  /** A page of changes, newest first, including those of removed entities. `entity` and `id` filter them. Fails with INVALID_CURSOR. */
  list: query(z.strictObject({ entity: entity.optional(), id: id.optional(), ...paged }).prefault({}), historyPage, ({ limit }) => costOfPage(limit)),
  /**
   * Restores the state at a log position or a time, all or nothing. Another rewind undoes it; a dry run counts what would change. Fails with QUOTA_REACHED, and
   * INVALID_INPUT if the log was trimmed past it.
   */
  rewind: longMutation(triableInput({ to: z.union([seq, timestamp().schema], 'must be a log position or an ISO-8601 time') }), rewound, () => WHOLE_LIST_COST),
  /**
   * Undoes one call or a group of calls, all or nothing: it sets the changed fields to their previous values, removes created entities and restores removed ones.
   * What other calls have changed since stays, and is listed in `kept`. Another undo reverses it. Fails with CALL_NOT_FOUND if no such call is stored,
   * QUOTA_REACHED, and INVALID_INPUT if its events were trimmed.
   */
  undo: longMutation(triableInput({ of: undoTarget }), undone, () => WHOLE_LIST_COST),
};

export type HistoryEvent = z.output<typeof event>;
