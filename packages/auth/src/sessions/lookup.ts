import { type IdentityDb, schema } from '@todo/db';
import DataLoader from 'dataloader';
import { and, gt, sql } from 'drizzle-orm';
import { createSlide, isDue } from './slide.ts';
import { storedForms } from './tokens.ts';

const SESSIONS_MAX_PER_LOOKUP = 100;

interface FoundSession {
  userId: string;
  /** Whether this use extends the session. */
  isExtended: boolean;
}

/** Finds the session of a token whose signature was valid. Its use extends it, at most once a day and after the answer. Throws DatabaseFailure. */
export type SessionLookup = (token: string) => Promise<FoundSession | undefined>;

export function createSessionLookup(identity: IdentityDb, log: (message: string) => void): SessionLookup {
  const { session } = schema;
  const slide = createSlide(identity, log);
  const select = identity
    .select({ id: session.id, token: session.token, userId: session.userId, isExtended: isDue })
    .from(session)
    .where(and(sql`${session.token} = any(string_to_array(${sql.placeholder('tokens')}, ','))`, gt(session.expiresAt, sql`now()`)))
    .prepare('sessions_by_token');
  // One query for concurrent requests, without a cache. Tokens with a valid signature contain no comma.
  const lookup = new DataLoader<string, FoundSession | undefined>(
    async (tokens) => {
      const rows = await select.execute({ tokens: tokens.flatMap(storedForms).join(',') });
      for (const { id, isExtended } of rows) if (isExtended) slide(id);
      const found = new Map(rows.map(({ token, userId, isExtended }) => [token, { userId, isExtended }]));
      return tokens.map((token) =>
        storedForms(token)
          .map((form) => found.get(form))
          .find(Boolean),
      );
    },
    { cache: false, batchScheduleFn: setImmediate, maxBatchSize: SESSIONS_MAX_PER_LOOKUP },
  );

  return (token) => lookup.load(token);
}
