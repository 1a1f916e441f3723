import { isIP } from 'node:net';
import {
  type AuthenticationResponseJSON,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import { decodeAttestationObject, isoBase64URL } from '@simplewebauthn/server/helpers';
import { PASSKEYS_MAX_PER_USER } from '@todo/contract';
import { type IdentityDb, schema } from '@todo/db';
import { and, asc, eq, lte, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { removeWay } from '../last-way.ts';
import { withUserLock } from '../user-lock.ts';
import type { Challenges } from './challenges.ts';

const TIMEOUT_MS = 300_000;
/** ES256 and RS256, as in COSE: what the platforms of phones and computers have, and Ed25519. */
const ALGORITHMS = [-8, -7, -257];

interface Person {
  id: string;
  name: string;
  email: string;
}

interface Passkey {
  id: string;
  name: string;
  createdAt: string;
  lastUsedAt: string | null;
}

/** Passkeys of users. Its methods throw DatabaseFailure. */
export interface Passkeys {
  /** Browsers make none for an address without TLS or without a name. */
  areOffered: boolean;
  list(userId: string): Promise<Passkey[]>;
  /** What a browser needs to make one, for this session. */
  creationOptions(person: Person, sessionId: string): Promise<object>;
  /** Returns the passkey, or why there is none. */
  add(person: Person, sessionId: string, name: string, response: RegistrationResponseJSON): Promise<Passkey | 'refused' | 'too many'>;
  rename(userId: string, id: string, name: string): Promise<void>;
  /** Returns whether there was one. */
  remove(userId: string, id: string): Promise<boolean>;
  /** What a browser needs to sign in with one, whoever's. */
  requestOptions(): object;
  /** Returns whose passkey has signed. */
  verify(response: AuthenticationResponseJSON): Promise<string | undefined>;
}

interface PasskeyDeps {
  identity: IdentityDb;
  challenges: Challenges;
  baseUrl: string;
  trustedOrigins: string[];
}

const SIGN_IN = 'sign-in';
const adding = (sessionId: string) => `add ${sessionId}`;

/** Certificates of makers are of no interest here, and reading them is what could go wrong. */
function hasCertificate(attestationObject: string): boolean {
  const attestation = decodeAttestationObject(isoBase64URL.toBuffer(attestationObject));
  return !['none', 'packed'].includes(attestation.get('fmt')) || attestation.get('attStmt').get('x5c') !== undefined;
}

export function createPasskeys({ identity, challenges, baseUrl, trustedOrigins }: PasskeyDeps): Passkeys {
  const { passkeys } = schema;
  const { hostname, origin, protocol } = new URL(baseUrl);
  const expected = { expectedOrigin: [origin, ...trustedOrigins], expectedRPID: hostname, requireUserVerification: true };
  const shown = ({ id, name, createdAt, lastUsedAt }: typeof passkeys.$inferSelect): Passkey => ({
    id,
    name,
    createdAt: createdAt.toISOString(),
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
  });
  const own = (userId: string, id: string) => and(eq(passkeys.userId, userId), eq(passkeys.id, id));
  const ofUser = (userId: string) => identity.select().from(passkeys).where(eq(passkeys.userId, userId)).orderBy(asc(passkeys.createdAt), asc(passkeys.id));

  /** What does not verify is refused, for whatever reason. */
  const verified = async <Result>(check: () => Promise<Result>): Promise<Result | undefined> => check().catch(() => undefined);

  return {
    areOffered: hostname === 'localhost' || (protocol === 'https:' && isIP(hostname.replace(/^\[|\]$/g, '')) === 0),
    list: async (userId) => (await ofUser(userId)).map(shown),
    creationOptions: async ({ id, name, email }, sessionId) => ({
      challenge: challenges.make(adding(sessionId)),
      rp: { id: hostname, name: 'Todo' },
      user: { id: Buffer.from(id).toString('base64url'), name: email, displayName: name },
      pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key', alg })),
      timeout: TIMEOUT_MS,
      attestation: 'none',
      authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
      excludeCredentials: (await ofUser(id)).map(({ credentialId }) => ({ type: 'public-key', id: credentialId })),
    }),
    add: async (person, sessionId, name, response) => {
      let challenge = '';
      const expectedChallenge = (given: string) => {
        challenge = given;
        return challenges.isGenuine(given, adding(sessionId));
      };
      const found = await verified(async () =>
        hasCertificate(response.response.attestationObject)
          ? undefined
          : verifyRegistrationResponse({ ...expected, response, expectedChallenge, supportedAlgorithmIDs: ALGORITHMS }),
      );
      if (!found?.verified || !(await challenges.use(challenge))) return 'refused';
      const { id: credentialId, publicKey, counter } = found.registrationInfo.credential;
      const row = { credentialId, publicKey: Buffer.from(publicKey).toString('base64url'), counter, name, createdAt: sql`now()` };
      // Requests of one user come one after the other, and one whose session was ended comes too late: whoever has ended it has looked what opens the account.
      const added = await withUserLock(identity, { userId: person.id, sessionId }, async (tx) => {
        const [count] = await tx.select({ n: sql<number>`count(*)::int` }).from(passkeys).where(eq(passkeys.userId, person.id));
        if ((count?.n ?? 0) >= PASSKEYS_MAX_PER_USER) return 'too many';
        const [made] = await tx
          .insert(passkeys)
          .values({ id: uuidv7(), userId: person.id, ...row })
          .onConflictDoNothing()
          .returning();
        return made ? shown(made) : 'refused';
      });
      return added ?? 'refused';
    },
    rename: async (userId, id, name) => {
      await identity.update(passkeys).set({ name }).where(own(userId, id));
    },
    remove: async (userId, id) =>
      (await removeWay(identity, userId, id, (tx) => tx.delete(passkeys).where(own(userId, id)).returning({ id: passkeys.id }))) ?? false,
    requestOptions: () => ({ challenge: challenges.make(SIGN_IN), rpId: hostname, timeout: TIMEOUT_MS, userVerification: 'required', allowCredentials: [] }),
    verify: async (response) => {
      const [passkey] = await identity.select().from(passkeys).where(eq(passkeys.credentialId, response.id));
      if (!passkey) return undefined;
      const credential = { id: passkey.credentialId, publicKey: isoBase64URL.toBuffer(passkey.publicKey), counter: passkey.counter };
      let challenge = '';
      const expectedChallenge = (given: string) => {
        challenge = given;
        return challenges.isGenuine(given, SIGN_IN);
      };
      const found = await verified(() => verifyAuthenticationResponse({ ...expected, response, expectedChallenge, credential }));
      if (!found?.verified || !(await challenges.use(challenge))) return undefined;
      const counter = found.authenticationInfo.newCounter;
      const used = await identity
        .update(passkeys)
        .set({ counter, lastUsedAt: sql`now()` })
        .where(and(eq(passkeys.id, passkey.id), lte(passkeys.counter, counter)))
        .returning({ id: passkeys.id });
      return used.length > 0 ? passkey.userId : undefined;
    },
  };
}
