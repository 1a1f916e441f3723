import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest();
const clientData = (type: string, challenge: string, origin: string) => Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));

/** CBOR of what is shorter than 65,536 bytes. */
const head = (major: number, n: number) => (n < 24 ? Buffer.from([(major << 5) | n]) : Buffer.from([(major << 5) | 25, n >> 8, n & 255]));
const cborBytes = (data: Buffer) => Buffer.concat([head(2, data.length), data]);
const cborText = (text: string) => Buffer.concat([head(3, text.length), Buffer.from(text)]);

const USER_PRESENT = 1;
const USER_VERIFIED = 4;
const HAS_KEY = 64;

export interface Deviation {
  origin?: string;
  rpId?: string;
  isVerified?: boolean;
  challenge?: string;
}

/** A device with one passkey, ES256 without attestation, that may deviate from what it was asked for. */
export function createAuthenticator({ rpId: usualId, origin: usualOrigin }: { rpId: string; origin: string }) {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = createPublicKey(createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }))).export({ format: 'jwk' });
  const id = randomBytes(16);
  let counter = 0;
  const dataOf = (flags: number, { rpId = usualId, isVerified = true }: Deviation) => {
    counter += 1;
    const count = Buffer.alloc(4);
    count.writeUInt32BE(counter);
    return Buffer.concat([sha256(rpId), Buffer.from([flags | USER_PRESENT | (isVerified ? USER_VERIFIED : 0)]), count]);
  };
  return {
    id: id.toString('base64url'),
    create: (options: { challenge: string }, deviation: Deviation = {}) => {
      const { origin = usualOrigin, challenge = options.challenge } = deviation;
      const [x, y] = [Buffer.from(jwk.x ?? '', 'base64url'), Buffer.from(jwk.y ?? '', 'base64url')];
      // A COSE key: kty EC2, alg ES256, crv P-256, x, y.
      const key = Buffer.concat([Buffer.from([0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21]), Buffer.from([0x58, 32]), x, Buffer.from([0x22, 0x58, 32]), y]);
      const authData = Buffer.concat([dataOf(HAS_KEY, deviation), Buffer.alloc(16), Buffer.from([0, id.length]), id, key]);
      const attestation = Buffer.concat([
        head(5, 3),
        cborText('fmt'),
        cborText('none'),
        cborText('attStmt'),
        head(5, 0),
        cborText('authData'),
        cborBytes(authData),
      ]);
      const data = clientData('webauthn.create', challenge, origin);
      return { id: id.toString('base64url'), response: { clientDataJSON: data.toString('base64url'), attestationObject: attestation.toString('base64url') } };
    },
    get: (options: { challenge: string }, deviation: Deviation = {}) => {
      const { origin = usualOrigin, challenge = options.challenge } = deviation;
      const data = clientData('webauthn.get', challenge, origin);
      const authData = dataOf(0, deviation);
      const signature = sign('sha256', Buffer.concat([authData, sha256(data)]), privateKey);
      const parts = { clientDataJSON: data, authenticatorData: authData, signature };
      return { id: id.toString('base64url'), response: Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part.toString('base64url')])) };
    },
  };
}
