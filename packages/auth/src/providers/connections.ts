import { CONNECTIONS_MAX_PER_USER } from '@todo/contract';
import { type IdentityDb, schema } from '@todo/db';
import { and, eq, ne, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { ProviderFailure } from './failure.ts';
import type { Identity } from './provider.ts';

/** How Better Auth calls a password. */
const PASSWORD = 'credential';

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
    /** Returns false if the user has connected it before. Throws ProviderFailure. */
    connect: async (userId: string, person: Identity): Promise<boolean> => {
      const added = await identity.execute(sql`
        insert into account (id, user_id, provider_id, account_id, created_at, updated_at)
        select ${uuidv7()}::uuid, ${userId}::uuid, ${person.issuer}, ${person.subject}, now(), now()
        where (select count(*) from account where user_id = ${userId}::uuid and provider_id <> ${PASSWORD}) < ${CONNECTIONS_MAX_PER_USER}
        on conflict do nothing returning id`);
      if (added.length > 0) return true;
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
    /** Returns false, and changes nothing, if the user could not sign in without it. */
    disconnect: (userId: string, id: string): Promise<boolean> =>
      identity.transaction(async (tx) => {
        // Two at a time must not both find the other one left.
        await tx.execute(sql`select from "user" where id = ${userId}::uuid for update`);
        const ways = await tx.execute<{ id: string }>(sql`
          select id from account where user_id = ${userId}::uuid and (provider_id <> ${PASSWORD} or password is not null)
          union all select id from passkeys where user_id = ${userId}::uuid`);
        if (ways.length === 1 && ways.some((way) => way.id === id)) return false;
        await tx.execute(sql`delete from account where id = ${id}::uuid and user_id = ${userId}::uuid and provider_id <> ${PASSWORD}`);
        return true;
      }),
  };
}
