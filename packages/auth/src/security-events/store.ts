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

export interface NewSession {
  id: string;
  /** A condition on the user `u`; see Guarded. */
  restsOn: SQL | undefined;
}

export interface FailedSignIn extends Place {
  email: string;
  way?: string | undefined;
}

/** The security events in the database. Its methods throw DatabaseFailure. */
export interface EventStore {
  /**
   * Adds an event, unless the user is gone. With a new session it also ends the oldest ones beyond SESSIONS_MAX_PER_USER. Returns false, and ends the new one instead, if what it rests on is gone:
   * whoever has taken that away has ended the sessions that there were.
   */
  add(event: NewEvent, newSession?: NewSession): Promise<boolean>;
  /** Adds a failed sign-in to the account with this e-mail address, if there is one, or counts it with others from there. */
  addFailure(attempt: FailedSignIn): Promise<void>;
  /** Ends sessions of the user, with an event that counts them. Returns how many. */
  endSessions(userId: string, which: SQL, place: Place): Promise<number>;
}

const columns = sql.raw('user_id, id, name, at, times, way, device, ip_address');

export function createEventStore(identity: IdentityDb): EventStore {
  return {
    add: async ({ userId, name, way = null, device, ipAddress }, newSession) => {
      const oldest = sql`select id from session where user_id = ${userId} order by created_at desc, id desc offset ${SESSIONS_MAX_PER_USER}`;
      const ending = newSession
        ? sql`, ended as (
            delete from session where id in (${oldest}) and exists (select from u) or id = ${newSession.id}::uuid and not exists (select from u))`
        : sql``;
      const added = await identity.execute(sql`
        with u as materialized (select id from "user" u where id = ${userId} and ${newSession?.restsOn ?? sql`true`} for key share)${ending}
        insert into security_events (${columns}) select id, ${uuidv7()}::uuid, ${name}, now(), 1, ${way}, ${device}, ${ipAddress} from u returning id`);
      return added.length > 0;
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
        with u as materialized (select from "user" where id = ${userId} for key share),
          ended as (delete from session where user_id = ${userId} and ${which} and exists (select from u) returning 1)
        insert into security_events (${columns})
        select ${userId}::uuid, ${uuidv7()}::uuid, 'session_revoked', now(), count(*), null, ${device}, ${ipAddress} from ended having count(*) > 0 returning times`);
      return row?.times ?? 0;
    },
  };
}
