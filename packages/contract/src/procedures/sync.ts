import { z } from 'zod';
import type { EntityName } from '../entities.ts';
import { query, subscription } from '../kinds.ts';
import { CHANGES_DEFAULT_ITEMS, CHANGES_MAX_ITEMS, costOfPage } from '../limits.ts';
import { cursor, seq } from '../schemas.ts';
import { list } from './lists.ts';
import { task } from './tasks.ts';

/** The latest change of an entity. */
const changeOf = <Name extends EntityName, Value extends z.ZodType>(name: Name, value: Value) =>
  z.strictObject({
    /** Its position in the log. */
    seq,
    entity: z.literal(name),
    id: z.uuid(),
    /** The entity after that change; null if it was removed. */
    value: value.nullable(),
  });

const change = z.discriminatedUnion('entity', [changeOf('list', list), changeOf('task', task)]);

const changes = z.strictObject({
  /** In log order, one for each changed entity. */
  changes: z.array(change),
  /** The log position up to which the pages so far go. A change whose answer has this `seq` or a lower one is in them, once `more` is false. */
  seq,
  /** Send it as `cursor` to get the next page, now or later. */
  cursor: z.string(),
  /** Whether the next page can be read already. */
  more: z.boolean(),
  /** Discard all local data, then apply this page. The log was trimmed past the cursor, or is another log, as after a restore of the database. */
  reset: z.boolean(),
});

/** `cursor` of the previous page. Without it, all entities are read. */
const from = { cursor: cursor.optional() };

export const sync = {
  /** A page of changes. Applying the pages in order gives the current data. Fails with INVALID_CURSOR. */
  changes: query(z.strictObject({ ...from, limit: z.int().min(1).max(CHANGES_MAX_ITEMS).default(CHANGES_DEFAULT_ITEMS) }).prefault({}), changes, ({ limit }) =>
    costOfPage(limit),
  ),
  /** Streams the same pages as changes are made, the first at once. The id of each event is the cursor after it; send it as `lastEventId` to resume. */
  watch: subscription(z.strictObject({ ...from, lastEventId: cursor.optional() }).prefault({}), changes),
};

export type ChangePage = z.output<typeof changes>;
