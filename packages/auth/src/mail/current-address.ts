import type { IdentityDb } from '@todo/db';
import { sql } from 'drizzle-orm';

/**
 * Whether the user still has this address. Whoever has stored a token asks before mailing it: a change of the address has ended the token, or is waited for here. So nobody gets one at
 * the former address that still works.
 */
export async function isCurrentAddress(identity: IdentityDb, { id, email }: { id: string; email: string }): Promise<boolean> {
  const [found] = await identity.execute<{ email: string }>(sql`select email from "user" where id = ${id}::uuid for share`);
  return found?.email === email;
}
