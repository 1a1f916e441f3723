import { type AuthEventName, SESSIONS_MAX_PER_USER } from '@todo/contract';
import type { IdentityDb } from '@todo/db';
import { type SQL, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { Place } from './place.ts';

export interface NewEvent extends Place {
  userId: string;
  name: AuthEventName;
  way?: string | undefined;
}

export interface FailedSignIn extends Place {
  email: string;
  way?: string | undefined;
}

/** The security events in the database. Its methods throw DatabaseFailure. */
export interface EventStore {
  /** Adds an event, unless the user is gone. With a new session it also ends the oldest ones beyond SESSIONS_MAX_PER_USER. */
  add(event: NewEvent, hasNewSession: boolean): Promise<void>;
  /** Adds a failed sign-in to the account with this e-mail address, if there is one, or counts it with others from there. */
  addFailure(attempt: FailedSignIn): Promise<void>;
  /** Ends sessions of the user, with an event that counts them. Returns how many. */
  endSessions(userId: string, which: SQL, place: Place): Promise<number>;
}

const columns = sql.raw('user_id, id, name, at, times, way, device, ip_address');

export function createEventStore(identity: IdentityDb): EventStore {
  return {
    add: async ({ userId, name, way = null, device, ipAddress }, hasNewSession) => {
      const oldest = sql`select id from session where user_id = ${userId} order by created_at desc, id desc offset ${SESSIONS_MAX_PER_USER}`;
      await identity.execute(sql`
        ${hasNewSession ? sql`with ended as (delete from session where id in (${oldest}))` : sql``}
        insert into security_events (${columns}) select u.id, ${uuidv7()}::uuid, ${name}, now(), 1, ${way}, ${device}, ${ipAddress} from "user" u where u.id = ${userId}`);
    },
    addFailure: async ({ email, way = null, device, ipAddress }) => {
      await identity.execute(sql`
        with owner as (
          select id from "user" where email = ${email}
        ), again as (
          update security_events set times = times + 1 where (user_id, id) = (
            select e.user_id, e.id from security_events e join owner on e.user_id = owner.id where e.name = 'sign_in_failed' and e.at > now() - interval '1 hour'
              and (e.way, e.device, e.ip_address) is not distinct from (${way}::text, ${device}::text, ${ipAddress}::text) order by e.id desc limit 1)
          returning 1
        )
        insert into security_events (${columns})
        select id, ${uuidv7()}::uuid, 'sign_in_failed', now(), 1, ${way}, ${device}, ${ipAddress} from owner where not exists (select from again)`);
    },
    endSessions: async (userId, which, { device, ipAddress }) => {
      const [row] = await identity.execute<{ times: number }>(sql`
        with ended as (delete from session where user_id = ${userId} and ${which} returning 1)
        insert into security_events (${columns})
        select ${userId}::uuid, ${uuidv7()}::uuid, 'session_revoked', now(), count(*), null, ${device}, ${ipAddress} from ended having count(*) > 0 returning times`);
      return row?.times ?? 0;
    },
  };
}
