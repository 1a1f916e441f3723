import { type IdentityDb, schema } from '@todo/db';
import { desc, gt, isNull, or, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';

interface NewKey {
  publicKey: string;
  privateKey: string;
  expiresAt?: Date | undefined;
}

/**
 * Stores a new signing key, unless another request has stored one since the caller found none. Better Auth makes a key for each request that finds no live one, so
 * first requests that come together would make one each.
 */
export const storeSigningKey = (identity: IdentityDb, { publicKey, privateKey, expiresAt }: NewKey) =>
  identity.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('signing key', 0))`);
    const { jwks } = schema;
    const isLive = or(isNull(jwks.expiresAt), gt(jwks.expiresAt, sql`now()`));
    const [live] = await tx.select().from(jwks).where(isLive).orderBy(desc(jwks.createdAt)).limit(1);
    const made = { id: uuidv7(), publicKey, privateKey, createdAt: new Date(), expiresAt: expiresAt ?? null };
    if (!live) await tx.insert(jwks).values({ ...made, alg: 'EdDSA', crv: 'Ed25519' });
    const { id, createdAt, ...key } = live ?? made;
    return { id, createdAt, publicKey: key.publicKey, privateKey: key.privateKey, alg: 'EdDSA' as const, crv: 'Ed25519' as const };
  });
