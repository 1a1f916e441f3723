import { z } from 'zod';
import { query, subscription } from '../kinds.ts';
import { CHANGES_DEFAULT_ITEMS, CHANGES_MAX_ITEMS } from '../limits.ts';
import { cursor, seq } from '../schemas.ts';
import { task } from './tasks.ts';

/** The latest change of an entity. */
const change = z.strictObject({
  /** Its position in the log. */
  seq,
  entity: z.literal('task'),
  id: z.uuid(),
  /** The entity as it is since then; null when it was removed. */
  value: task.nullable(),
});

const changes = z.strictObject({
  /** In the order of the log, one for each entity that has changed. */
  changes: z.array(change),
  /** Gives the next page, now or any time later. */
  cursor: z.string(),
  /** Whether the next page is there already. */
  more: z.boolean(),
  /** The cursor was of a log that no longer tells what was missed, or of another one, as after a restore of the database: forget everything and go on. */
  reset: z.boolean(),
});

/** `cursor` of the page before; without one everything is read. */
const from = { cursor: cursor.optional() };

export const sync = {
  /** A page of changes. Whoever applies the pages in order has everything as it is. Fails with INVALID_CURSOR. */
  changes: query(z.strictObject({ ...from, limit: z.int().min(1).max(CHANGES_MAX_ITEMS).default(CHANGES_DEFAULT_ITEMS) }).prefault({}), changes),
  /** The same pages as changes are made, the first at once. The id of each event is the cursor behind it, which `lastEventId` gives back. */
  watch: subscription(z.strictObject({ ...from, lastEventId: cursor.optional() }).prefault({}), changes),
};

export type ChangePage = z.output<typeof changes>;
