import { z } from 'zod';
import { id, mutationId } from '../tasks/input.ts';

/** A number of the owner's log. */
const seq = z.int().min(1);
const page = { limit: z.int().min(1).max(200).default(50), cursor: z.string().max(200).optional() };

export const listHistoryInput = z.strictObject({ taskId: id.optional(), ...page });
export const listRemovedInput = z.strictObject(page);
export const restoreTaskInput = z.strictObject({ id, seq: seq.optional(), mutationId });
export const rewindInput = z
  .strictObject({
    to: z.union([z.int().min(0), z.iso.datetime({ offset: true }).regex(/^[1-9]/)], 'must be a number of the log or an ISO-8601 time'),
    dryRun: z.boolean().default(false),
    mutationId,
  })
  .refine(({ dryRun, mutationId }) => !(dryRun && mutationId), { path: ['mutationId'], message: 'has no meaning for a dry run' });

export type ListHistoryInput = z.output<typeof listHistoryInput>;
export type ListRemovedInput = z.output<typeof listRemovedInput>;
export type RestoreTaskInput = z.output<typeof restoreTaskInput>;
export type RewindInput = z.output<typeof rewindInput>;
