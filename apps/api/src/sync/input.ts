import { z } from 'zod';

const cursor = {
  /** Up to where a reader has the log: 0 for nothing, below 0 in the middle of a first reading. */
  since: z.int(),
  /** `nextHash` of the page before: what the log must be up to there. Without it only the number counts. */
  sinceHash: z
    .string()
    .regex(/^([\da-f]{16})?$/, 'must be the hash that came with the number')
    .optional(),
};

export const listChangesInput = z.strictObject({ ...cursor, limit: z.int().min(1).max(500).default(200) });

/** `lastEventId` is what a client that connects again sends: it has read further than `since`. */
export const watchChangesInput = z.strictObject({
  ...cursor,
  lastEventId: z
    .string()
    .regex(/^-?\d{1,15}(\.[\da-f]{16})?$/, 'must be the id of an event')
    .optional(),
});

/** The id of the event that brings a page: where the page leads. */
export const encodeEventId = (next: number, nextHash: string): string => (nextHash ? `${next}.${nextHash}` : `${next}`);

export function decodeEventId(id: string) {
  const [since, sinceHash] = id.split('.');
  return { since: Number(since), sinceHash };
}

export type ListChangesInput = z.output<typeof listChangesInput>;
export type WatchChangesInput = z.output<typeof watchChangesInput>;
