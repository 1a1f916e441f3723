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

/** The session token in `token.signature`, percent-encoded in a cookie, if the signature is valid: HMAC-SHA-256 in base64. */
export function verifiedToken(credential: string, secret: string): string | undefined {
  const [token, signature] = decode(credential).split('.');
  if (!token || !signature) return undefined;
  return isSame(signature, createHmac('sha256', secret).update(token).digest('base64')) ? token : undefined;
}

/** The token of the session with which a request comes, if its signature is valid. Like Better Auth, it prefers the header to the cookie. */
export function sessionTokenOf(headers: Headers, cookieNames: readonly string[], secret: string): string | undefined {
  const credentials = [bearerOf(headers), ...cookieNames.map((name) => readCookie(headers, name))];
  return credentials.map((credential) => credential && verifiedToken(credential, secret)).find(Boolean) || undefined;
}

function decode(credential: string): string {
  try {
    return decodeURIComponent(credential);
  } catch {
    return '';
  }
}
