import { createHash, createHmac, randomBytes } from 'node:crypto';
import { type IdentityDb, schema } from '@todo/db';
import { sql } from 'drizzle-orm';
import { v5 as uuidv5 } from 'uuid';
import { isSame } from '../credentials.ts';

const LIFETIME_MS = 300_000;
const TIME_BYTES = 8;
const RANDOM_BYTES = 16;

export interface Challenges {
  /** A challenge for a purpose, in base64url. Nothing is stored, however many are asked for. */
  make(purpose: string): string;
  /** Whether this server has made it for this purpose within the last five minutes. */
  isGenuine(challenge: string, purpose: string): boolean;
  /** Returns false if it was used before. Called for a signed challenge only, so that no stranger adds rows. */
  use(challenge: string): Promise<boolean>;
}

/** Challenges that carry their time and an HMAC. The first secret is the current one. */
export function createChallenges(identity: IdentityDb, secrets: readonly [string, ...string[]]): Challenges {
  const { verification } = schema;
  const macOf = (body: Buffer, purpose: string, secret: string = secrets[0]) =>
    createHmac('sha256', secret).update(`passkey ${purpose} `).update(body).digest('base64url');
  return {
    make: (purpose) => {
      const time = Buffer.alloc(TIME_BYTES);
      time.writeBigUInt64BE(BigInt(Date.now()));
      const body = Buffer.concat([time, randomBytes(RANDOM_BYTES)]);
      return Buffer.concat([body, Buffer.from(macOf(body, purpose), 'base64url')]).toString('base64url');
    },
    isGenuine: (challenge, purpose) => {
      const bytes = Buffer.from(challenge, 'base64url');
      if (bytes.length <= TIME_BYTES + RANDOM_BYTES) return false;
      const body = bytes.subarray(0, TIME_BYTES + RANDOM_BYTES);
      const mac = bytes.subarray(body.length).toString('base64url');
      const age = Date.now() - Number(body.readBigUInt64BE());
      return secrets.some((secret) => isSame(mac, macOf(body, purpose, secret))) && age < LIFETIME_MS;
    },
    use: async (challenge) => {
      const expiresAt = sql`now() + make_interval(secs => ${(2 * LIFETIME_MS) / 1000})`;
      const identifier = createHash('sha256').update(challenge).digest('hex');
      const used = await identity
        .insert(verification)
        .values({ id: uuidv5(challenge, uuidv5.URL), identifier, value: 'passkey', expiresAt, createdAt: sql`now()`, updatedAt: sql`now()` })
        .onConflictDoNothing()
        .returning({ id: verification.id });
      return used.length > 0;
    },
  };
}
