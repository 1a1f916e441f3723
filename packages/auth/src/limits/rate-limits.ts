import { createHmac } from 'node:crypto';
import type { IdentityDb } from '@todo/db';
import { sql } from 'drizzle-orm';
import { LRUCache } from 'lru-cache';
import { type Rate, RateLimited } from './rate-limited.ts';

/** Something that is counted by a rate, such as the wrong passwords of one address. */
export interface Claim {
  rate: Rate;
  subject: string;
}

export interface RateLimits {
  /** Counts every claim, or none of them if one has reached its quota. Throws RateLimited and DatabaseFailure. */
  take(claims: Claim[]): Promise<void>;
  /** Undoes `take`. */
  giveBack(claims: Claim[]): Promise<void>;
  /** Throws RateLimited, without the database, if this instance has just refused one of the claims. */
  recall(claims: Claim[]): void;
}

/** How long an instance remembers a refusal, in ms. A flood that is refused then costs no statement. */
const REFUSAL_MAX_AGE = 5_000;
const REFUSALS_MAX = 10_000;

const nowMs = sql`(extract(epoch from now()) * 1000)::bigint`;

/** Counts in windows that begin with the first claim and end after their time, in the database, so that all instances count together. */
export function createRateLimits(identity: IdentityDb, secret: string): RateLimits {
  const refused = new LRUCache<string, { until: number; rate: Rate }>({ max: REFUSALS_MAX, ttl: REFUSAL_MAX_AGE });
  // The table names nobody: without the secret, its keys cannot be computed from a list of addresses.
  const keyOf = ({ rate, subject }: Claim) => createHmac('sha256', secret).update(`rate ${rate.name} ${subject}`).digest('base64url');

  const recall = (claims: Claim[]) => {
    for (const claim of claims) {
      const refusal = refused.get(keyOf(claim));
      const rest = refusal ? refusal.until - performance.now() : 0;
      if (refusal && rest > 0) throw new RateLimited(Math.ceil(rest / 1000), refusal.rate);
    }
  };

  /** Keys are locked in their order, so that concurrent statements cannot deadlock. Returns the claims beyond their quota, the longest wait first. */
  const count = (claims: Claim[]) => sql`
    with asked as (
      select * from unnest(string_to_array(${claims.map(keyOf).join()}, ','), string_to_array(${claims.map(({ rate }) => rate.quota).join()}, ',')::integer[],
        string_to_array(${claims.map(({ rate }) => rate.windowSeconds).join()}, ',')::bigint[]) as asked (key, quota, seconds)
    ), reached as (
      select key, last_request - ${nowMs} as rest from rate_limit join asked using (key) where last_request > ${nowMs} and count >= quota
    ), taken as (
      insert into rate_limit as r (id, key, count, last_request)
      select gen_random_uuid(), key, 1, ${nowMs} + seconds * 1000 from asked where not exists (select from reached) order by key
      on conflict (key) do update set
        count = case when r.last_request > ${nowMs} then r.count + 1 else 1 end,
        last_request = case when r.last_request > ${nowMs} then r.last_request else excluded.last_request end
      returning key, count, last_request - ${nowMs} as rest
    )
    select key, rest from reached union all select key, rest from taken join asked using (key) where taken.count > quota order by rest desc`;

  return {
    recall,
    take: async (claims) => {
      recall(claims);
      const [beyond] = await identity.execute<{ key: string; rest: string }>(count(claims));
      const claim = claims.find((each) => keyOf(each) === beyond?.key);
      if (!beyond || !claim) return;
      const rest = Number(beyond.rest);
      refused.set(beyond.key, { until: performance.now() + rest, rate: claim.rate });
      throw new RateLimited(Math.ceil(rest / 1000), claim.rate);
    },
    giveBack: async (claims) => {
      await identity.execute(sql`
        with given as (
          select key from rate_limit where key = any(string_to_array(${claims.map(keyOf).join()}, ',')) and last_request > ${nowMs} order by key for update
        )
        update rate_limit set count = greatest(count - 1, 0) from given where rate_limit.key = given.key`);
    },
  };
}

/** For installations that set no limit. */
export const noLimits: RateLimits = { take: async () => {}, giveBack: async () => {}, recall: () => {} };
