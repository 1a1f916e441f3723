import { kindOf } from '../log-parts.ts';
import { createSignInLinks } from '../sign-in-links/links.ts';
import { createAddressChange } from './address-change.ts';
import { type AddressVerificationDeps, createAddressVerification } from './address-verification.ts';
import { createBackground } from './background.ts';
import { createNotices, type NoticeDeps } from './notices.ts';
import { createPasswordReset, type PasswordResetDeps } from './password-reset.ts';

/** Mails that wait to be written. */
const WAITING_MAX = 100;

type AccountMailDeps = Omit<NoticeDeps & PasswordResetDeps & AddressVerificationDeps, 'background' | 'verification'> & {
  log(message: string): void;
};

/** All mails that have to do with an account. They are written after the response. */
export function createAccountMails({ log, ...deps }: AccountMailDeps) {
  const background = createBackground(WAITING_MAX, (error) => log(`A mail was not written:${kindOf(error)}`));
  const verification = createAddressVerification({ ...deps, background });
  const reset = createPasswordReset({ ...deps, background, verification });
  return {
    passwordOptions: reset.options,
    verification,
    links: createSignInLinks({ ...deps, background }),
    addressChange: createAddressChange({ ...deps, background }),
    /** They answer requests for mails, by what the mail is for. */
    requests: { 'password-reset': reset.request, verification: verification.request },
    notify: createNotices({ ...deps, background }),
    settle: background.settle,
  };
}
