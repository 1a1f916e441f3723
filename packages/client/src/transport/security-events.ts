import type { SecurityEvent } from '@todo/contract';
import { misplaced } from './error.ts';
import type { CallOptions } from './limit.ts';
import type { AskEndpoint } from './sessions.ts';

/** A page of events, newest first. Send `nextCursor` as `cursor` to get the next one; it is null on the last. */
export interface SecurityEventPage {
  items: SecurityEvent[];
  nextCursor: string | null;
}

/** What happened to the account of the signed-in user: sign-ins, failed ones, ended sessions, changes of the password, what the operator did. */
export interface SecurityEvents {
  /** `limit` is 50 by default and at most 200. The server keeps the newest 500 events, and the newest 100 failed sign-ins beside them, for 180 days. */
  list(input?: { limit?: number; cursor?: string | null }, options?: CallOptions): Promise<SecurityEventPage>;
}

export const createSecurityEvents = (ask: AskEndpoint): SecurityEvents => ({
  list: async ({ limit, cursor } = {}, options) => {
    const query = new URLSearchParams({ ...(limit !== undefined && { limit: String(limit) }), ...(cursor && { cursor }) });
    const { content, status } = await ask(`list-security-events${query.size > 0 ? `?${query}` : ''}`, undefined, options);
    if (!content?.items) throw misplaced({ status });
    return { items: content.items, nextCursor: content.nextCursor ?? null };
  },
});
