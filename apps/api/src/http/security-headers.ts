/** The page loads and calls this server only, is shown in no frame, and runs no inline script. */
const policy = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const HSTS_SECONDS = 31_536_000;

/** Adds the headers that protect a browser's user to a response. */
export function securityHeaders(baseUrl: string): (answer: Response) => Response {
  const headers: [string, string][] = [
    ['content-security-policy', policy],
    ['x-content-type-options', 'nosniff'],
    ['x-frame-options', 'DENY'],
    ['referrer-policy', 'no-referrer'],
  ];
  if (baseUrl.startsWith('https:')) headers.push(['strict-transport-security', `max-age=${HSTS_SECONDS}`]);
  return (answer) => {
    for (const [name, value] of headers) answer.headers.set(name, value);
    return answer;
  };
}
