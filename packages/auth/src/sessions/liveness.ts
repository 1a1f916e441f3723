import { type IdentityDb, schema } from '@todo/db';
import DataLoader from 'dataloader';
import { and, gt, sql } from 'drizzle-orm';

const SESSIONS_MAX_PER_LOOKUP = 100;

/** The user of the session with this id, unless it has ended. Throws DatabaseFailure. */
export type SessionUser = (id: string) => Promise<string | undefined>;

export function createSessionUser(identity: IdentityDb): SessionUser {
  const { session } = schema;
  const select = identity
    .select({ id: session.id, userId: session.userId })
    .from(session)
    .where(and(sql`${session.id} = any(string_to_array(${sql.placeholder('ids')}, ',')::uuid[])`, gt(session.expiresAt, sql`now()`)))
    .prepare('sessions_by_id');
  const lookup = new DataLoader<string, string | undefined>(
    async (ids) => {
      const users = new Map((await select.execute({ ids: ids.join(',') })).map(({ id, userId }) => [id, userId]));
      return ids.map((id) => users.get(id));
    },
    { cache: false, batchScheduleFn: setImmediate, maxBatchSize: SESSIONS_MAX_PER_LOOKUP },
  );
  return (id) => lookup.load(id);
}
