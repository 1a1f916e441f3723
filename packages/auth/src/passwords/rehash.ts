import type { IdentityDb } from '@todo/db';
import { sql } from 'drizzle-orm';

/**
 * Stores another hash of the same password, unless the password has changed meanwhile. To everybody else nothing has changed: sessions and mails with tokens stay, and
 * no mail tells of it.
 */
export const replaceHash = (identity: IdentityDb, { email, before, after }: { email: string; before: string; after: string }) =>
  identity.execute(sql`
    with noted as (select set_config('app.action', 'rehashed', true))
    update account set password = ${after} from noted, "user" u
    where u.id = account.user_id and u.email = ${email} and account.provider_id = 'credential' and account.password = ${before}`);
