import { linkSignIn, SIGN_IN_LINK_MINUTES, signInLinkRequest } from '@todo/contract';
import { APIError, createAuthEndpoint, formCsrfMiddleware, type getSessionFromCtx } from 'better-auth/api';
import { expireCookie, setSessionCookie } from 'better-auth/cookies';
import type { Guard } from '../limits/guard.ts';
import { newToken } from '../mail/link-tokens.ts';
import type { SignInLinks } from './links.ts';

interface SignInLinkEndpointDeps {
  links: SignInLinks;
  guard: Guard;
  areOffered: boolean;
}

type Context = Parameters<typeof getSessionFromCtx>[0];

const off = () => new APIError('BAD_REQUEST', { code: 'LINKS_OFF', message: 'Nobody signs in by a link of a mail here.' });
const elsewhere = () =>
  new APIError('UNAUTHORIZED', {
    code: 'LINK_ELSEWHERE',
    message: `This link works in the browser in which it was asked for, once, for ${SIGN_IN_LINK_MINUTES} minutes. Open it there, or ask for another one.`,
  });
const invalid = () => new APIError('UNAUTHORIZED', { code: 'INVALID_TOKEN', message: 'Invalid token' });

/**
 * Signing in to an account by the link of a mail. Better Auth's plugin signs in whoever opens the link, with a GET, creates accounts, and needs neither a second factor nor
 * the browser that has asked.
 */
export function signInLinkEndpoints({ links, guard, areOffered }: SignInLinkEndpointDeps) {
  const cookieOf = (ctx: Context) => ctx.context.createAuthCookie('sign_in_link', { maxAge: SIGN_IN_LINK_MINUTES * 60 });
  const secretIn = (ctx: Context) => {
    const kept = ctx.getCookie(cookieOf(ctx).name) ?? '';
    return linkSignIn.shape.secret.safeParse(kept).data;
  };

  return {
    id: 'sign-in-links',
    endpoints: {
      requestSignInLink: createAuthEndpoint('/request-sign-in-link', { method: 'POST', use: [formCsrfMiddleware], body: signInLinkRequest }, async (ctx) => {
        if (!areOffered) throw off();
        const isByCookie = ctx.body.binding === 'cookie';
        // The same for each link of this browser, so that all of them work until one is used.
        const secret = (isByCookie ? secretIn(ctx) : undefined) ?? newToken();
        await links.request(guard.origin(), ctx.body.email.toLowerCase(), secret);
        if (!isByCookie) return ctx.json({ status: true, secret });
        const { name, attributes } = cookieOf(ctx);
        ctx.setCookie(name, secret, attributes);
        return ctx.json({ status: true });
      }),
      signInByLink: createAuthEndpoint('/sign-in/link', { method: 'POST', use: [formCsrfMiddleware], body: linkSignIn }, async (ctx) => {
        if (!areOffered) throw off();
        const { token, code, secret = secretIn(ctx) } = ctx.body;
        if (secret === undefined) throw elsewhere();
        const link = await links.find(guard.origin(), token, secret);
        if (!link) throw invalid();
        guard.note(link.userId, { email: link.email });
        guard.bringCode(code);
        guard.bringProof(async () => {
          const events = await links.use(guard.origin(), link);
          if (!events) throw invalid();
          for (const event of events) guard.noteEvent(event);
        });
        const { internalAdapter } = ctx.context;
        const session = await internalAdapter.createSession(link.userId);
        const user = await internalAdapter.findUserById(link.userId);
        if (!session || !user) throw invalid();
        await setSessionCookie(ctx, { session, user });
        expireCookie(ctx, cookieOf(ctx));
        const { id, name, email, emailVerified } = user;
        return ctx.json({ user: { id, name, email, emailVerified } });
      }),
    },
  } as const;
}
