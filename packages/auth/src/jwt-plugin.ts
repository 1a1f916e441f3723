import type { IdentityDb } from '@todo/db';
import { jwt } from 'better-auth/plugins/jwt';
import { JWT_LIFETIME_SECONDS, SESSION_CLAIM } from './jwts.ts';
import { storeSigningKey } from './signing-keys.ts';

const DAY_SECONDS = 86_400;

/** Issues JWTs, and keeps the keys that sign them. `issuer` is the audience too. */
export const createJwtPlugin = (identity: IdentityDb, issuer: string) =>
  jwt({
    disableSettingJwtHeader: true,
    jwks: { keyPairConfig: { alg: 'EdDSA', crv: 'Ed25519' }, rotationInterval: 30 * DAY_SECONDS, gracePeriod: DAY_SECONDS },
    jwt: {
      issuer,
      audience: issuer,
      expirationTime: `${JWT_LIFETIME_SECONDS}s`,
      definePayload: ({ session }) => ({ [SESSION_CLAIM]: session.id }),
    },
    adapter: { createJwk: (key) => storeSigningKey(identity, key) },
  });
