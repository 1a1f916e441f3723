import { CONNECTIONS_MAX_PER_USER } from '@todo/contract';
import { type IdentityDb, schema } from '@todo/db';
import { and, eq, ne, type SQL, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { PASSWORD, removeWay } from '../last-way.ts';
import { withUserLock } from '../user-lock.ts';
import { ProviderFailure } from './failure.ts';
import type { Identity } from './provider.ts';

/** Which accounts at providers belong to which users. A person is known by issuer and subject, never by an e-mail address. */
export function createConnections(identity: IdentityDb) {
  const { account } = schema;

  const ownerOf = async ({ issuer, subject }: Identity): Promise<string | undefined> => {
    const isIt = and(eq(account.providerId, issuer), eq(account.accountId, subject));
    const [found] = await identity.select({ userId: account.userId }).from(account).where(isIt);
    return found?.userId;
  };

  return {
    ownerOf,
    /** Whether it is that of the user `u`, as a condition of SQL. */
    isStill: ({ issuer, subject }: Identity): SQL =>
      sql`exists (select from account where user_id = u.id and provider_id = ${issuer} and account_id = ${subject})`,
    /** Returns false if the user has connected it before. Throws ProviderFailure. */
    connect: async (userId: string, sessionId: string, person: Identity): Promise<boolean> => {
      // With the user locked, so that the count is right, and a session that was ended meanwhile connects nothing.
      const added = await withUserLock(identity, { userId, sessionId }, (tx) =>
        tx.execute(sql`
        insert into account (id, user_id, provider_id, account_id, created_at, updated_at)
        select ${uuidv7()}::uuid, ${userId}::uuid, ${person.issuer}, ${person.subject}, now(), now()
        where (select count(*) from account where user_id = ${userId}::uuid and provider_id <> ${PASSWORD}) < ${CONNECTIONS_MAX_PER_USER}
        on conflict do nothing returning id`),
      );
      if (added?.length) return true;
      const owner = await ownerOf(person);
      if (owner === undefined) throw new ProviderFailure('CONNECTIONS_EXCEEDED');
      if (owner !== userId) throw new ProviderFailure('IDENTITY_TAKEN');
      return false;
    },
    list: async (userId: string) => {
      const isOwn = and(eq(account.userId, userId), ne(account.providerId, PASSWORD));
      return identity
        .select({ id: account.id, issuer: account.providerId, createdAt: account.createdAt })
        .from(account)
        .where(isOwn)
        .orderBy(account.createdAt, account.id);
    },
    /** Returns whether there was one. */
    disconnect: async (userId: string, id: string): Promise<boolean> => {
      const isIt = and(eq(account.id, id), eq(account.userId, userId), ne(account.providerId, PASSWORD));
      return (await removeWay(identity, userId, id, (tx) => tx.delete(account).where(isIt).returning({ id: account.id }))) ?? false;
    },
  };
}
