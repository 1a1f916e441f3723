import { callEvents, type OwnerDb, prepare } from '@todo/db';
import { sql } from 'drizzle-orm';
import type { Done } from '../idempotency.ts';

const count = (rule: string) => sql`count(*) filter (where ${sql.raw(rule)})`.mapWith(Number);

const selectCounts = prepare((db) =>
  db
    .select({
      isKnown: sql<boolean>`bool_and(is_known)`,
      restored: count(`kind = 'insert'`),
      edited: count(`kind = 'update'`),
      removed: count(`kind = 'delete'`),
    })
    .from(callEvents),
);

/** How many entities a call restored, edited and removed; undefined if its events were trimmed. */
export async function countDone(db: OwnerDb, done: Done): Promise<{ restored: number; edited: number; removed: number } | undefined> {
  const [row] = await db.run(selectCounts, { ...done });
  if (!row?.isKnown) return undefined;
  const { isKnown: _, ...counts } = row;
  return counts;
}
