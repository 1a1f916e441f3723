import { accountChange, newAccount, passwordReset, signInCode, signInVerification } from '@todo/contract';
import { createAuthMiddleware } from 'better-auth/api';
import type { Guard } from './limits/guard.ts';
import type { PasswordRule } from './passwords/rule.ts';
import type { SignUps } from './sign-up/rule.ts';

interface BodyCheckDeps {
  signUps: SignUps;
  passwords: PasswordRule;
  guard: Guard;
}

/** What a body must keep to before Better Auth reads it, and what limits need of it. */
export const createBodyCheck = ({ signUps, passwords, guard }: BodyCheckDeps) =>
  createAuthMiddleware(async (asked) => {
    const { path, body } = asked;
    if (path === '/sign-up/email') {
      const account = newAccount.parse(body);
      await signUps.check(account, guard.countSignUp);
      passwords.check(account.password, account);
      guard.beginSignUp(account);
      guard.bringInvitation(account.invitation);
    }
    if (path === '/sign-in/email') {
      guard.bringCode(signInCode.parse(body).code);
      guard.bringVerification(signInVerification.parse(body).verification);
      if (typeof body?.email === 'string') guard.beginSignIn(body.email);
    }
    if (path === '/reset-password') passwordReset.parse(body);
    if (path === '/update-user') accountChange.parse(body);
    await passwords.checkNew(asked);
  });
