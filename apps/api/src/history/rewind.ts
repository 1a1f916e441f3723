import type { Output, Parsed, procedures } from '@todo/contract';
import { type OwnerDb, rewind as rewindLog } from '@todo/db';
import { z } from 'zod';
import { trimmedError } from '../errors.ts';
import type { Done } from '../idempotency.ts';
import { countDone } from './count-done.ts';

type Rewind = (typeof procedures.history)['rewind'];

/** Restores the state at a log position or time with new events; a dry run only counts them. Throws INVALID_INPUT if the log was trimmed past it. */
export async function rewind(db: OwnerDb, { to, dryRun }: Parsed<Rewind>): Promise<Output<Rewind>> {
  const rewound = await rewindLog(db, typeof to === 'number' ? { seq: to, time: null } : { seq: null, time: to }, dryRun);
  if (!rewound) throw trimmedError('to');
  return rewound;
}

const refusal = z.object({ isKnown: z.literal(false) });

export async function replayRewind(db: OwnerDb, _: Parsed<Rewind>, done: Done): Promise<Omit<Output<Rewind>, 'seq'> | undefined> {
  if (refusal.safeParse(done.answer).success) throw trimmedError('to');
  return countDone(db, done);
}
