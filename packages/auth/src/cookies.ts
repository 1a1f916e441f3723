import { readCookie } from './credentials.ts';

const PREFIX = 'better-auth';

/** The session cookie of versions before `__Host-`. */
const FORMER_NAME = `__Secure-${PREFIX}.session_token`;

export interface Cookies {
  isSecure: boolean;
  /** The current name first. */
  sessionNames: readonly string[];
  deviceName: string;
  /** For `advanced` of Better Auth. */
  options: { useSecureCookies: boolean; cookiePrefix: string; defaultCookieAttributes: { secure: boolean } };
  /** Renames a session cookie of an earlier version. */
  renameFormer(headers: Headers): void;
  /** Set-Cookie lines that remove such a cookie, once a response sets or removes the current one. */
  removalOfFormer(asked: Headers, answer: Response): string[];
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
    // Better Auth's own prefix for secure cookies is `__Secure-`.
    options: { useSecureCookies: false, cookiePrefix, defaultCookieAttributes: { secure: isSecure } },
    renameFormer: (headers) => {
      if (!hasFormer(headers) || readCookie(headers, sessionName) !== undefined) return;
      headers.set('cookie', `${headers.get('cookie')}; ${sessionName}=${readCookie(headers, FORMER_NAME)}`);
    },
    removalOfFormer: (asked, answer) => {
      const isReplaced = answer.headers.getSetCookie().some((line) => line.startsWith(`${sessionName}=`));
      return hasFormer(asked) && isReplaced ? [`${FORMER_NAME}=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax`] : [];
    },
  };
}
