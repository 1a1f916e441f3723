import type { IdentityDb } from '@todo/db';
import { sql } from 'drizzle-orm';
import { PASSWORD } from '../last-way.ts';
import type { PasswordHashing } from './scrypt.ts';

/**
 * Stores another hash of the same password, unless the password has changed meanwhile. To everybody else nothing has changed: sessions and mails with tokens stay, and
 * no mail tells of it. Returns the stored hash if it is one of this password, otherwise the former one.
 */
export const createRehash =
  (identity: IdentityDb, hashing: PasswordHashing) =>
  async ({ email, before, password }: { email: string; before: string; password: string }): Promise<string> => {
    const isIt = sql`u.id = account.user_id and u.email = ${email} and account.provider_id = ${PASSWORD}`;
    const after = await hashing.hash(password);
    const replaced = await identity.execute(sql`
      with noted as (select set_config('app.action', 'rehashed', true))
      update account set password = ${after} from noted, "user" u where ${isIt} and account.password = ${before} returning account.id`);
    if (replaced.length > 0) return after;
    // Another sign-in may have been faster, or somebody has set another password.
    const [stored] = await identity.execute<{ password: string | null }>(sql`select account.password from account, "user" u where ${isIt}`);
    return stored?.password && (await hashing.verify({ hash: stored.password, password })) ? stored.password : before;
  };
