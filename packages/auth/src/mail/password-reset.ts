import { PASSWORD_MAX_CHARACTERS, PASSWORD_MIN_CHARACTERS, passwordResetRequest } from '@todo/contract';
import type { BetterAuthOptions } from 'better-auth/types';
import type { AddressVerification } from './address-verification.ts';
import { isCurrentAddress } from './current-address.ts';
import type { MailDeps } from './mail-deps.ts';
import { texts } from './texts.ts';

const TOKEN_LIFETIME_SECONDS = 3_600;
export interface PasswordResetDeps extends MailDeps {
  verification: Pick<AddressVerification, 'isRequired' | 'tellOfSignUp'>;
}

export interface PasswordReset {
  options: NonNullable<BetterAuthOptions['emailAndPassword']>;
  /** Answers at once, and then lets `handle` look for the account: time and answer are the same for every address. Throws RateLimited, ZodError, DatabaseFailure. */
  request(request: Request, address: string, handle: (request: Request) => Promise<Response>): Promise<Response>;
}

export function createPasswordReset({ identity, mail, baseUrl, limits, rates, background, verification }: PasswordResetDeps): PasswordReset {
  const sendToken: NonNullable<BetterAuthOptions['emailAndPassword']>['sendResetPassword'] = async ({ user, token }) => {
    if (await isCurrentAddress(identity, user)) await mail?.add(user.id, texts.passwordReset(user, `${baseUrl}/#/reset-password?token=${token}`));
  };

  return {
    options: {
      enabled: true,
      minPasswordLength: PASSWORD_MIN_CHARACTERS,
      maxPasswordLength: PASSWORD_MAX_CHARACTERS,
      resetPasswordTokenExpiresIn: TOKEN_LIFETIME_SECONDS,
      // Without this, a sign-up answers the same whether or not somebody has the address.
      autoSignIn: !verification.isRequired,
      onExistingUserSignUp: async ({ user }) => verification.tellOfSignUp(user),
      ...(mail && { sendResetPassword: sendToken }),
    },
    request: async (request, address, handle) => {
      const { email } = passwordResetRequest.parse(await request.json().catch(() => undefined));
      await limits.take(rates.ofMail(address, email.toLowerCase()));
      const asked = new Request(request.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ email }) });
      background.admit(() => handle(asked));
      return Response.json({ status: true });
    },
  };
}
