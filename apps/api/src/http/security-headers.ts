import { createHash } from 'node:crypto';
import { landingStyle } from './landing-page.ts';

const styleHash = createHash('sha256').update(landingStyle).digest('base64');

/** The page loads and calls this server only, is shown in no frame, and has no inline scripts and styles, except that of the landing page. */
const policy = [
  "default-src 'self'",
  "img-src 'self' data:",
  `style-src 'self' 'sha256-${styleHash}'`,
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** Who may load an answer without asking; by default pages of the server alone. An answer may say otherwise. */
export const RESOURCE_POLICY = 'cross-origin-resource-policy';

const HSTS_SECONDS = 31_536_000;

/** Adds the headers that protect a browser's user to a response. */
export function securityHeaders(baseUrl: string): (answer: Response) => Response {
  const headers: [string, string][] = [
    ['content-security-policy', policy],
    ['x-content-type-options', 'nosniff'],
    ['x-frame-options', 'DENY'],
    ['referrer-policy', 'no-referrer'],
    // A page that has opened this one gets no hold of it.
    ['cross-origin-opener-policy', 'same-origin'],
  ];
  if (baseUrl.startsWith('https:')) headers.push(['strict-transport-security', `max-age=${HSTS_SECONDS}`]);
  return (answer) => {
    for (const [name, value] of headers) answer.headers.set(name, value);
    if (!answer.headers.has(RESOURCE_POLICY)) answer.headers.set(RESOURCE_POLICY, 'same-origin');
    return answer;
  };
}
