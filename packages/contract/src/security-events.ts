import { z } from 'zod';
import { PAGE_DEFAULT_ITEMS, PAGE_MAX_ITEMS } from './limits.ts';

/** What happens to the security of an account. The log of the server, its metrics and the account's own log name it so. */
export const authEvents = [
  'signed_up',
  'signed_in',
  'sign_in_failed',
  'signed_out',
  'session_revoked',
  'password_changed',
  'password_reset',
  'email_verified',
  'email_change_requested',
  'email_changed',
  'second_factor_on',
  'second_factor_off',
  'recovery_codes_made',
  'passkey_added',
  'passkey_removed',
  'provider_connected',
  'provider_disconnected',
  'export_made',
  'account_disabled',
  'account_enabled',
  'account_restored',
  'account_deleted',
] as const;
export type AuthEventName = (typeof authEvents)[number];

/** Something that concerns the security of an account, as its owner reads it. */
export interface SecurityEvent {
  id: string;
  /** A newer server may know further names. */
  name: AuthEventName;
  /** ISO-8601. Of several, the first. */
  at: string;
  /** How many there were: failed sign-ins from one device within an hour are one event, and so are sessions that were ended together. */
  times: number;
  /** How somebody signed in: `password`, `passkey`, `mail`, or the id of a provider; null if that does not apply. */
  way: string | null;
  /** `operator`: a command of whoever runs the server. */
  by: 'user' | 'operator';
  /** Browser and system, such as "Firefox on Windows"; null if they are not known. */
  device: string | null;
  /** Where it came from, if the server knows it. */
  ipAddress: string | null;
}

/** A page of events, newest first. */
export const securityEventsPage = z.object({
  limit: z.coerce.number().int().min(1).max(PAGE_MAX_ITEMS).default(PAGE_DEFAULT_ITEMS),
  /** `nextCursor` of the previous page: the id of its last event. */
  cursor: z.uuid('must be the id of an event').optional(),
});
