import { symmetricDecrypt } from 'better-auth/crypto';

/** The private key that a row of `jwks` holds, as a JWK in JSON. Throws unless this secret has encrypted it. */
export const signingKeyOf = (stored: string, secret: string): Promise<string> => symmetricDecrypt({ key: secret, data: String(JSON.parse(stored)) });
