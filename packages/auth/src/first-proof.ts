import type { AuthEventName } from '@todo/contract';
import { sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { PASSWORD } from './last-way.ts';
import type { Place } from './security-events/place.ts';
import type { Transaction } from './user-lock.ts';

/** What else goes if nobody had shown before that the address is theirs. A password goes when a link signs in, a second factor when a new password is set. */
type AlsoGoes = 'password' | 'second factor' | 'nothing';

/**
 * Marks the address of a locked user as proven. If nobody had proven it before, somebody else may have made the account and wait for its owner: what opens it goes, or keeps the owner out. The
 * owner reads which it was. Returns the events that are stored.
 */
export async function proveAddress(tx: Transaction, userId: string, { device, ipAddress }: Place, also: AlsoGoes): Promise<AuthEventName[]> {
  const isProven = sql`user_id in (select id from proven)`;
  const goes = (what: boolean) => (what ? isProven : sql`false`);
  const goesNow = goes(also !== 'nothing');
  const ways = also === 'password' ? goesNow : sql`${goesNow} and provider_id <> ${PASSWORD}`;
  const events = await tx.execute<{ name: AuthEventName }>(sql`
    with proven as (update "user" set email_verified = true, updated_at = now() where id = ${userId}::uuid and not email_verified returning id),
      ways as (delete from account where ${ways} returning provider_id),
      keys as (delete from passkeys where ${goesNow} returning id),
      factors as (delete from second_factors where ${goes(also === 'second factor')} returning confirmed_at),
      tokens as (delete from verification where ${also !== 'nothing'} and value in (select id::text from proven)),
      ended as (delete from session where ${goesNow})
    insert into security_events (user_id, id, name, at, times, way, device, ip_address)
    select ${userId}::uuid, id, name, now(), times, null, ${device}, ${ipAddress} from (
      select ${uuidv7()}::uuid as id, 'email_verified' as name, count(*) as times from proven
      union all select ${uuidv7()}::uuid, 'passkey_removed', count(*) from keys
      union all select ${uuidv7()}::uuid, 'provider_disconnected', count(*) from ways where provider_id <> ${PASSWORD}
      union all select ${uuidv7()}::uuid, 'second_factor_off', count(confirmed_at) from factors
    ) happened where times > 0 returning name`);
  return events.map(({ name }) => name);
}
