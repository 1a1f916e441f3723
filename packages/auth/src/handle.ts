import type { Cookies } from './cookies.ts';
import { type Signing, sessionTokenOf } from './credentials.ts';
import type { Devices } from './limits/devices.ts';
import type { Guard } from './limits/guard.ts';
import type { createAccountMails } from './mail/account-mails.ts';
import { answerFailure, answerLate } from './providers/return.ts';
import { answerDisabled, answerWrong, withCode } from './refusals.ts';
import { BASE_PATH, routeOf } from './routes.ts';
import type { AuthEvent, createOutcome } from './security-events/outcome.ts';
import type { TokenTranslation } from './sessions/tokens.ts';

/** Better Auth's endpoints, below /api/auth. Throws RateLimited, ZodError, DatabaseFailure, and PostgreSQL's error for a value that it rejects. */
export type Handle = (request: Request, report?: (event: AuthEvent) => void) => Promise<Response>;

interface HandleDeps {
  /** Better Auth. */
  answer(request: Request): Promise<Response>;
  addressOf(headers: Headers): string;
  baseUrl: string;
  cookies: Cookies;
  devices: Devices;
  guard: Guard;
  mails: ReturnType<typeof createAccountMails>;
  sendsMail: boolean;
  settleOutcome: ReturnType<typeof createOutcome>;
  signing: Signing;
  translation: TokenTranslation;
  log(message: string): void;
}

/** What every request to sign in, out or up goes through. */
export function createHandle({
  answer: answerByBetterAuth,
  addressOf,
  baseUrl,
  cookies,
  devices,
  guard,
  mails,
  sendsMail,
  settleOutcome,
  signing,
  translation,
  log,
}: HandleDeps): Handle {
  return async (request, report = () => {}) => {
    const { headers, method, url } = request;
    const path = new URL(url).pathname.slice(BASE_PATH.length);
    const route = routeOf(method, path);
    if (!route) return new Response(null, { status: 404 });
    const origin = {
      use: route.use,
      isExemptFromCode: route.isExemptFromCode ?? false,
      address: addressOf(headers),
      session: sessionTokenOf(headers, cookies.sessionNames, signing),
      device: devices.of(headers),
      userAgent: headers.get('user-agent'),
    };
    if (route.mail && sendsMail) return mails.requests[route.mail](request, origin.address, answerByBetterAuth);
    const answering = guard.run(origin, request.signal, async (asked) => {
      const hadFormer = cookies.hasFormer(headers);
      const answer = await translation.run(headers, (userId) => {
        if (userId !== undefined && (route.use === 'session' || route.use === 'password')) guard.note(userId);
        return answerByBetterAuth(request).catch(answerDisabled).then(withCode);
      });
      const lines = hadFormer ? cookies.removalOfFormer(answer) : [];
      const isDone = answer.ok || (answer.status === 302 && asked.userId !== undefined);
      // A sign-up without a session proves nothing: anybody could make their device a known one.
      const isProven = route.use !== 'sign-up' || answer.headers.has('set-auth-token');
      if (isDone && isProven && asked.email !== '') lines.push(devices.remember(headers, asked.email));
      for (const line of lines) answer.headers.append('set-cookie', line);
      const isKept = await settleOutcome({ route, way: route.isPage ? path.split('/').at(-1) : route.way, request: asked, answer, isDone, report });
      if (!isKept) return route.isPage ? answerLate(baseUrl) : answerWrong();
      return answer;
    });
    return route.isPage ? answering.catch((error: unknown) => answerFailure(baseUrl, error, log)) : answering;
  };
}
