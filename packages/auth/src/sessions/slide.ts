import { DatabaseFailure, type IdentityDb, schema } from '@todo/db';
import { type SQL, sql } from 'drizzle-orm';
import { kindOf } from '../log-parts.ts';

/** A session ends this long after its last use, within UPDATE_DAYS. */
export const SESSION_DAYS = 30;
/** How old the recorded last use of a session may become before the next use is recorded. */
export const UPDATE_DAYS = 1;

const SLIDES_MAX_PER_STATEMENT = 500;

const { session } = schema;
const days = (count: number) => sql.raw(`interval '${count} days'`);

/** Whether a use of the session is recorded. One that lasts less than SESSION_DAYS was asked for as a short one, and stays so. */
export const isDue = sql<boolean>`${session.updatedAt} < now() - ${days(UPDATE_DAYS)} and ${session.expiresAt} > ${session.updatedAt} + ${days(SESSION_DAYS - 1)}`;

/** Extends sessions in the background, in one statement at a time. What fails is tried again at the next use. */
export function createSlide(identity: IdentityDb, log: (message: string) => void): (id: string) => void {
  const waiting = new Set<string>();
  let isRunning = false;

  const extend = (ids: string[]): SQL => sql`
    update session set expires_at = now() + ${days(SESSION_DAYS)}, updated_at = now()
    where id = any(string_to_array(${ids.join(',')}, ',')::uuid[]) and expires_at > now() and ${isDue}`;

  const run = async () => {
    isRunning = true;
    try {
      while (waiting.size > 0) {
        const ids = [...waiting].slice(0, SLIDES_MAX_PER_STATEMENT);
        for (const id of ids) waiting.delete(id);
        await identity.execute(extend(ids));
      }
    } catch (error) {
      waiting.clear();
      // The pool logs an outage of the database itself.
      if (!(error instanceof DatabaseFailure)) log(`Sessions were not extended:${kindOf(error)}`);
    } finally {
      isRunning = false;
    }
  };

  return (id) => {
    waiting.add(id);
    if (!isRunning) void run();
  };
}
