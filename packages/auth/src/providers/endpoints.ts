import { endedConnection, providerConnection, providerSignIn } from '@todo/contract';
import { findFailure, type IdentityDb } from '@todo/db';
import { APIError, createAuthEndpoint, getSessionFromCtx, isAPIError, sensitiveSessionMiddleware } from 'better-auth/api';
import { expireCookie, setSessionCookie } from 'better-auth/cookies';
import type { ConfirmPerson } from '../confirmation.ts';
import type { Guard } from '../limits/guard.ts';
import { logPart } from '../log-parts.ts';
import { createConnections } from './connections.ts';
import { ProviderFailure } from './failure.ts';
import { createFlows, FLOW_MAX_SECONDS, type Flow } from './flow.ts';
import { createProvider, type Identity, type ProviderSettings } from './provider.ts';
import { createReturns, withReason } from './return.ts';

export interface ProviderDeps {
  identity: IdentityDb;
  providers: readonly ProviderSettings[];
  baseUrl: string;
  trustedOrigins: readonly string[];
  secrets: readonly [string, ...string[]];
  guard: Guard;
  confirmPerson: ConfirmPerson;
  log(message: string): void;
}

type Context = Parameters<typeof getSessionFromCtx>[0];

const use = [sensitiveSessionMiddleware];

const refuse = (code: string, message: string) => new APIError('BAD_REQUEST', { code, message });

/** Signing in with accounts at other providers, by OpenID Connect. */
export function providerEndpoints({ identity, providers, baseUrl, trustedOrigins, secrets, guard, confirmPerson, log }: ProviderDeps) {
  const connections = createConnections(identity);
  const flows = createFlows(secrets);
  const allowedReturn = createReturns(baseUrl, trustedOrigins);
  const nameOf = (issuer: string) => {
    const { href, host } = new URL(issuer);
    return providers.find((each) => new URL(each.issuer).href === href)?.name ?? host;
  };
  const known = new Map(providers.map((each) => [each.id, createProvider(each, `${baseUrl}/api/auth/callback/${each.id}`)]));

  const cookieOf = (ctx: Context) => ctx.context.createAuthCookie('provider', { maxAge: FLOW_MAX_SECONDS });

  /** Sends the browser to the provider, which it can leave only with the cookie of this answer. */
  const begin = async (ctx: Context, asked: { provider: string; returnTo?: string | undefined; invitation?: string | undefined }, sessionId?: string) => {
    const provider = known.get(asked.provider);
    if (!provider) throw refuse('PROVIDER_UNKNOWN', 'There is no such provider.');
    const returnTo = allowedReturn(asked.returnTo);
    if (returnTo === undefined) throw refuse('INVALID_RETURN', 'Only pages of this server and of trusted origins can be returned to.');
    const checks = await provider.newChecks();
    const url = await provider.addressFor(checks).catch((error: unknown) => {
      if (!(error instanceof ProviderFailure)) throw error;
      report(provider.id, error);
      throw new APIError('BAD_GATEWAY', { code: error.reason, message: 'The provider cannot be reached.' });
    });
    const { name, attributes } = cookieOf(ctx);
    ctx.setCookie(name, await flows.write({ provider: provider.id, returnTo, sessionId, invitation: asked.invitation, ...checks }), attributes);
    return ctx.json({ url });
  };

  /** A sign-up has no password. */
  const register = async (ctx: Context, person: Identity): Promise<string> => {
    const { email, email_verified: emailVerified = false, name } = await person.profile();
    if (email === undefined) throw new ProviderFailure('EMAIL_MISSING');
    const { internalAdapter } = ctx.context;
    /** Another browser may have been faster, with the same person or with another one who has this address. */
    const other = async (cause?: unknown) => {
      if (!(await internalAdapter.findUserByEmail(email))) return undefined;
      const owner = await connections.ownerOf(person);
      if (owner === undefined) throw new ProviderFailure('EMAIL_TAKEN', cause);
      return owner;
    };
    const before = await other();
    if (before !== undefined) return before;
    const account = { providerId: person.issuer, accountId: person.subject };
    try {
      const { user } = await internalAdapter.createOAuthUser({ email, emailVerified, name: name || email.replace(/@.*/, '') }, account);
      guard.note(user.id, { event: 'signed_up' });
      return user.id;
    } catch (error) {
      const refusal = isAPIError(error) ? error.body?.code : undefined;
      if (refusal === 'SIGN_UP_CLOSED' || refusal === 'INVITATION_INVALID') throw new ProviderFailure(refusal);
      const meanwhile = (await other(error)) ?? (await connections.ownerOf(person));
      if (meanwhile === undefined) throw error;
      return meanwhile;
    }
  };

  const signIn = async (ctx: Context, person: Identity) => {
    const { internalAdapter } = ctx.context;
    const userId = (await connections.ownerOf(person)) ?? (await register(ctx, person));
    const user = await internalAdapter.findUserById(userId);
    if (!user) throw new ProviderFailure('PROVIDER_FAILED');
    guard.restOn(connections.isStill(person));
    const session = await internalAdapter.createSession(userId).catch((error: unknown) => {
      if (findFailure(error)?.reason === 'USER_DISABLED') throw new ProviderFailure('PROVIDER_REFUSED');
      throw isAPIError(error) && error.body?.code === 'EMAIL_NOT_VERIFIED' ? new ProviderFailure('EMAIL_NOT_VERIFIED') : error;
    });
    await setSessionCookie(ctx, { session, user });
    guard.note(userId, { email: user.email });
  };

  const connect = async (ctx: Context, person: Identity, sessionId: string) => {
    const current = await getSessionFromCtx(ctx);
    if (current?.session.id !== sessionId) throw new ProviderFailure('USER_CHANGED');
    if (await connections.connect(current.user.id, sessionId, person)) guard.note(current.user.id, { event: 'provider_connected' });
  };

  const report = (id: string, { reason, cause }: ProviderFailure) => {
    if (reason !== 'PROVIDER_FAILED' || !(cause instanceof Error)) return;
    const parts = [cause.name, 'code' in cause ? cause.code : '', 'error' in cause ? cause.error : '', cause.message];
    log(`A sign-in with the provider ${id} failed: ${logPart(parts.filter(Boolean).join(' '))}`);
  };

  const finish = async (ctx: Context, id: string, flow: Flow, query: string) => {
    const provider = known.get(id);
    if (!provider || flow.provider !== id) throw new ProviderFailure('SIGN_IN_EXPIRED');
    const person = await provider.identify(query, flow);
    guard.bringInvitation(flow.invitation);
    if (flow.sessionId === undefined) await signIn(ctx, person);
    else await connect(ctx, person, flow.sessionId);
  };

  return {
    id: 'providers',
    endpoints: {
      beginProviderSignIn: createAuthEndpoint('/sign-in/provider', { method: 'POST', body: providerSignIn }, async (ctx) => begin(ctx, ctx.body)),
      connectProvider: createAuthEndpoint('/connect-provider', { method: 'POST', use, requireHeaders: true, body: providerConnection }, async (ctx) => {
        // Whoever finds a computer that somebody has left must not get a way in that stays.
        await confirmPerson(ctx, ctx.context.session, ctx.body);
        return begin(ctx, ctx.body, ctx.context.session.session.id);
      }),
      // Better Auth has an endpoint of its own here, which does without most of these checks.
      callbackOAuth: createAuthEndpoint('/callback/:id', { method: 'GET', requireHeaders: true }, async (ctx) => {
        const cookie = cookieOf(ctx);
        const flow = await flows.read(ctx.getCookie(cookie.name) ?? '');
        expireCookie(ctx, cookie);
        if (!flow) throw ctx.redirect(withReason(`${baseUrl}/`, 'SIGN_IN_EXPIRED'));
        try {
          await finish(ctx, ctx.params.id, flow, new URL(ctx.request?.url ?? baseUrl).search);
        } catch (error) {
          if (!(error instanceof ProviderFailure)) throw error;
          report(flow.provider, error);
          throw ctx.redirect(withReason(flow.returnTo, error.reason));
        }
        throw ctx.redirect(flow.returnTo);
      }),
      listConnections: createAuthEndpoint('/list-connections', { method: 'GET', use, requireHeaders: true }, async (ctx) => {
        const rows = await connections.list(ctx.context.session.user.id);
        const accounts = await ctx.context.internalAdapter.findAccounts(ctx.context.session.user.id);
        const named = rows.map(({ id, issuer, createdAt }) => ({
          id,
          name: nameOf(issuer),
          connectedAt: createdAt.toISOString(),
        }));
        return ctx.json({ connections: named, hasPassword: accounts.some(({ password }) => password) });
      }),
      disconnectProvider: createAuthEndpoint('/disconnect-provider', { method: 'POST', use, requireHeaders: true, body: endedConnection }, async (ctx) => {
        const { user } = ctx.context.session;
        if (await connections.disconnect(user.id, ctx.body.id)) guard.note(user.id, { event: 'provider_disconnected' });
        return ctx.json({ status: true });
      }),
    },
  } as const;
}
