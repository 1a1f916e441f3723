import { addedPasskey, passkeySignIn, proof, removedPasskey, renamedPasskey } from '@todo/contract';
import { APIError, createAuthEndpoint, formCsrfMiddleware, sensitiveSessionMiddleware } from 'better-auth/api';
import { setSessionCookie } from 'better-auth/cookies';
import { sql } from 'drizzle-orm';
import type { ConfirmPerson } from '../confirmation.ts';
import type { Guard } from '../limits/guard.ts';
import type { Passkeys } from './passkeys.ts';

const use = [sensitiveSessionMiddleware];
const post = { method: 'POST', use, requireHeaders: true } as const;

interface PasskeyEndpointDeps {
  passkeys: Passkeys;
  confirmPerson: ConfirmPerson;
  guard: Pick<Guard, 'note' | 'restOn'>;
}

const refused = () => new APIError('UNAUTHORIZED', { code: 'PASSKEY_REFUSED', message: 'This passkey is not known here, or its answer came too late.' });

/** A passkey is what a user has, and shows that it is they who use it; so it signs in alone. A passkey of another user is treated as one that does not exist. */
export function passkeyEndpoints({ passkeys, confirmPerson, guard }: PasskeyEndpointDeps) {
  return {
    id: 'passkeys',
    endpoints: {
      listPasskeys: createAuthEndpoint('/passkeys', { method: 'GET', use, requireHeaders: true }, async (ctx) =>
        ctx.json({ passkeys: await passkeys.list(ctx.context.session.user.id) }),
      ),
      passkeyCreationOptions: createAuthEndpoint('/passkeys/add-options', { ...post, body: proof }, async (ctx) => {
        const { user, session } = ctx.context.session;
        // With a code too: otherwise whoever knows the password could make the second factor useless.
        await confirmPerson(ctx, ctx.context.session, ctx.body);
        return ctx.json({ options: await passkeys.creationOptions(user, session.id) });
      }),
      addPasskey: createAuthEndpoint('/passkeys/add', { ...post, body: addedPasskey }, async (ctx) => {
        const { user, session } = ctx.context.session;
        const { name, response } = ctx.body;
        const whole = { ...response, rawId: response.id, type: 'public-key', clientExtensionResults: {} } as const;
        const made = await passkeys.add(user, session.id, name, whole);
        if (made === 'refused') throw refused();
        if (made === 'too many')
          throw new APIError('CONFLICT', { code: 'PASSKEYS_TOO_MANY', message: 'This account has as many passkeys as it can have. Remove one.' });
        guard.note(user.id);
        return ctx.json({ passkey: made });
      }),
      renamePasskey: createAuthEndpoint('/passkeys/rename', { ...post, body: renamedPasskey }, async (ctx) => {
        await passkeys.rename(ctx.context.session.user.id, ctx.body.id, ctx.body.name);
        return ctx.json({ status: true });
      }),
      removePasskey: createAuthEndpoint('/passkeys/remove', { ...post, body: removedPasskey }, async (ctx) => {
        const { user } = ctx.context.session;
        if (await passkeys.remove(user.id, ctx.body.id)) guard.note(user.id, { event: 'passkey_removed' });
        return ctx.json({ status: true });
      }),
      passkeyRequestOptions: createAuthEndpoint('/passkeys/sign-in-options', { method: 'POST' }, async (ctx) =>
        ctx.json({ options: passkeys.requestOptions() }),
      ),
      signInPasskey: createAuthEndpoint('/passkeys/sign-in', { method: 'POST', use: [formCsrfMiddleware], body: passkeySignIn }, async (ctx) => {
        const { response } = ctx.body;
        const userId = await passkeys.verify({ ...response, rawId: response.id, type: 'public-key', clientExtensionResults: {} });
        const user = userId === undefined ? null : await ctx.context.internalAdapter.findUserById(userId);
        if (!user) throw refused();
        guard.note(user.id, { email: user.email });
        guard.restOn(sql`exists (select from passkeys where user_id = u.id and credential_id = ${response.id})`);
        const session = await ctx.context.internalAdapter.createSession(user.id);
        if (!session) throw refused();
        await setSessionCookie(ctx, { session, user });
        return ctx.json({ user: { id: user.id, name: user.name, email: user.email } });
      }),
    },
  } as const;
}
