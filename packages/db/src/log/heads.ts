import type { ConnectionPool } from '../connection/pool.ts';
import { runQuery } from '../transaction.ts';
import type { UserId } from '../user-id.ts';

/** An owner and the position of the last event in their log; 0 if there is none. */
export interface Head {
  owner: UserId;
  seq: number;
}

const text = `
  select known.owner, coalesce(counter.last_seq, 0)
  from unnest($1::uuid[], $2::bigint[]) known (owner, seq) left join owners counter on counter.user_id = known.owner
  where coalesce(counter.last_seq, 0) <> known.seq`;

/** Returns the owners in `known` whose log no longer ends at their `seq`, with its new end. Throws DatabaseFailure. */
export async function newerHeads(pool: ConnectionPool, known: readonly Head[]): Promise<Map<string, number>> {
  const params = [`{${known.map(({ owner }) => owner).join()}}`, `{${known.map(({ seq }) => seq).join()}}`];
  const rows = await runQuery(pool, { role: 'todo_watcher' }, { text, prepared: { params, rows: 'arrays' } });
  return new Map(rows.filter((row) => Array.isArray(row)).map(([owner, seq]) => [String(owner), Number(seq)]));
}
