import type { IdentityDb } from '@todo/db';
import type { RateLimits } from '../limits/rate-limits.ts';
import type { Rates } from '../limits/rates.ts';
import type { Background } from './background.ts';
import type { Delivery } from './delivery.ts';

/** What is needed to send a mail with a link. */
export interface MailDeps {
  identity: IdentityDb;
  /** Undefined if the server sends none. */
  mail: Pick<Delivery, 'add'> | undefined;
  /** Where the page is that a link leads to. */
  baseUrl: string;
  limits: RateLimits;
  rates: Rates;
  background: Background;
}
