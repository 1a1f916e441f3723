import { z } from 'zod';

/** Up to where a reader has the log: 0 for nothing, below 0 in the middle of a first reading. */
const cursor = z.int();

export const listChangesInput = z.strictObject({ since: cursor, limit: z.int().min(1).max(500).default(200) });

/** `lastEventId` is what a client that connects again sends: it has read further than `since`. */
export const watchChangesInput = z.strictObject({
  since: cursor,
  lastEventId: z
    .string()
    .regex(/^-?\d{1,15}$/, 'must be the id of an event')
    .optional(),
});

export type ListChangesInput = z.output<typeof listChangesInput>;
export type WatchChangesInput = z.output<typeof watchChangesInput>;
