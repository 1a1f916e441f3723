import { createHmac, timingSafeEqual } from 'node:crypto';

/** The token that `Authorization: Bearer` carries: '' in a header of another form, undefined without a header. */
export function bearerOf(headers: Headers): string | undefined {
  const authorization = headers.get('authorization');
  return authorization === null ? undefined : (/^bearer +(\S+)$/i.exec(authorization)?.[1] ?? '');
}

export function readCookie(headers: Headers, name: string): string | undefined {
  const pairs = headers.get('cookie')?.split(/; */) ?? [];
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}

export const isSame = (given: string, expected: string) => {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
};

export interface Signing {
  /** `token.signature`: HMAC-SHA-256 with the current secret, in base64. */
  sign(token: string): string;
  /** The token in `token.signature`, percent-encoded in a cookie, if one of the secrets has signed it. */
  verify(credential: string): { token: string; isFormer: boolean } | undefined;
}

/** Signs session tokens as Better Auth does. The first secret is the current one; what the others have signed still counts. */
export function createSigning(secrets: readonly [string, ...string[]]): Signing {
  const signature = (token: string, secret: string) => createHmac('sha256', secret).update(token).digest('base64');
  return {
    sign: (token) => `${token}.${signature(token, secrets[0])}`,
    verify: (credential) => {
      const [token, given] = decode(credential).split('.');
      if (!token || !given) return undefined;
      const index = secrets.findIndex((secret) => isSame(given, signature(token, secret)));
      return index < 0 ? undefined : { token, isFormer: index > 0 };
    },
  };
}

/** The token of the session with which a request comes, if its signature is valid. Like Better Auth, it prefers the header to the cookie. */
export function sessionTokenOf(headers: Headers, cookieNames: readonly string[], signing: Signing): string | undefined {
  const credentials = [bearerOf(headers), ...cookieNames.map((name) => readCookie(headers, name))];
  return credentials.map((credential) => credential && signing.verify(credential)?.token).find(Boolean) || undefined;
}

function decode(credential: string): string {
  try {
    return decodeURIComponent(credential);
  } catch {
    return '';
  }
}
