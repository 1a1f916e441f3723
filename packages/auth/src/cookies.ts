import { readCookie } from './credentials.ts';
import { SESSION_DAYS } from './sessions/slide.ts';

const PREFIX = 'better-auth';

/** The session cookie of versions before `__Host-`. */
const FORMER_NAME = `__Secure-${PREFIX}.session_token`;

export interface Cookies {
  isSecure: boolean;
  /** The current name first. */
  sessionNames: readonly string[];
  deviceName: string;
  /** The Set-Cookie line for a session of SESSION_DAYS from now. */
  sessionCookie(credential: string): string;
  /** For `advanced` of Better Auth. */
  options: { useSecureCookies: boolean; cookiePrefix: string; defaultCookieAttributes: { secure: boolean } };
  /** Whether a request has a session cookie of an earlier version. */
  hasFormer(headers: Headers): boolean;
  /** Set-Cookie lines that remove such a cookie, once a response sets or removes the current one. */
  removalOfFormer(answer: Response): string[];
}

/** With https, names begin with `__Host-`: browsers accept such a cookie only from this host, not from another host of the same site. */
export function createCookies(baseUrl: string): Cookies {
  const isSecure = baseUrl.startsWith('https:');
  // Names differ by path, because another installation at another path of this host gets the same cookies.
  const name = `${PREFIX}${new URL(baseUrl).pathname.replace(/\/$/, '').replaceAll('/', '-')}`;
  const cookiePrefix = isSecure ? `__Host-${name}` : name;
  const sessionName = `${cookiePrefix}.session_token`;
  const hasFormer = (headers: Headers) => isSecure && readCookie(headers, FORMER_NAME) !== undefined;
  return {
    isSecure,
    sessionNames: isSecure ? [sessionName, FORMER_NAME] : [sessionName],
    deviceName: `${cookiePrefix}.device`,
    sessionCookie: (credential) =>
      `${sessionName}=${encodeURIComponent(credential)}; Max-Age=${SESSION_DAYS * 86_400}; Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`,
    // Better Auth's own prefix for secure cookies is `__Secure-`.
    options: { useSecureCookies: false, cookiePrefix, defaultCookieAttributes: { secure: isSecure } },
    hasFormer,
    removalOfFormer: (answer) => {
      const isReplaced = answer.headers.getSetCookie().some((line) => line.startsWith(`${sessionName}=`));
      return isReplaced ? [`${FORMER_NAME}=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax`] : [];
    },
  };
}
