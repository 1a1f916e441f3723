import { INVITATION_DAYS, SIGN_IN_LINK_MINUTES } from '@todo/contract';
import type { Mail } from './mail.ts';

interface Account {
  email: string;
}

interface Occasion {
  at: Date;
  /** Empty if it is not known. */
  address: string;
}

const when = ({ at, address }: Occasion) => `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC${address && `, from the address ${address}`}`;

/** None of them names the user: whoever signs up with another person's address could write to that person in the name. */
export const texts = {
  passwordReset: ({ email }: Account, link: string): Mail => ({
    to: email,
    subject: 'Set a new password for Todo',
    text: `Somebody asked for a new password for the Todo account with this e-mail address.
If it was you, open this link within an hour and choose one:

${link}

The link works once. A new password ends all sessions of the account.
If it was not you, do nothing. Your password stays as it is.
`,
  }),
  signInLink: ({ email }: Account, link: string, isFirstProof: boolean): Mail => ({
    to: email,
    subject: 'Sign in to Todo',
    text: `Somebody asked to sign in to the Todo account with this e-mail address.
If it was you, open this link within ${SIGN_IN_LINK_MINUTES} minutes, in the browser in which you asked:

${link}

The link works once, and in that browser alone. Nobody whom you send it to can use it.
${
  isFirstProof
    ? `
The address of the account has not been confirmed yet. This link confirms it. It also ends the password, passkeys, connected accounts and sessions that the account has now, because somebody else may have made it. You can then set a new password: choose "Forgot your password?" where you sign in.
`
    : ''
}
If it was not you, do nothing.
`,
  }),
  verifyEmail: ({ email }: Account, link: string): Mail => ({
    to: email,
    subject: 'Confirm your e-mail address for Todo',
    text: `There is a Todo account with this e-mail address. To confirm that it is yours, open this link within an hour:
${link}

The link works once, together with your password.
If you have not created an account, do nothing: without its password nobody can confirm the address. To take the account over, choose "Forgot your password?" where you sign in.
`,
  }),

  accountExists: ({ email }: Account): Mail => ({
    to: email,
    subject: 'You have a Todo account already',
    text: `Somebody, perhaps you, wanted to create a Todo account with this e-mail address. There is one already, and nothing was changed.

Sign in with your password. If you do not know it, choose "Forgot your password?" where you sign in.
`,
  }),

  changeAddress: ({ email }: Account, link: string): Mail => ({
    to: email,
    subject: 'Confirm your new e-mail address for Todo',
    text: `Somebody asked for this to be the e-mail address of a Todo account. If it was you, open this link within an hour, and sign in to that account if you are not:

${link}

The link works once, for that account alone. All its other sessions end then.
If it was not you, do nothing. Without you nobody can use this address.
`,
  }),
  addressTaken: ({ email }: Account): Mail => ({
    to: email,
    subject: 'You have a Todo account already',
    text: `Somebody, perhaps you, asked for this to be the e-mail address of another Todo account. There is an account with it already, and nothing was changed.
Sign in with your password. If you do not know it, choose "Forgot your password?" where you sign in.
`,
  }),
  addressChangeAsked: ({ email }: Account, occasion: Occasion): Mail => ({
    to: email,
    subject: 'Another e-mail address for your Todo account',
    text: `Somebody asked for another e-mail address for your Todo account: ${when(occasion)}. It changes when a link is opened that was sent to the other address.
If it was you, there is nothing else to do here.
If not, set a new password at once, which ends all sessions and this request: choose "Forgot your password?" where you sign in.
`,
  }),
  addressChanged: ({ email }: Account, occasion: Occasion): Mail => ({
    to: email,
    subject: 'The e-mail address of your Todo account was changed',
    text: `Your Todo account has another e-mail address now: ${when(occasion)}. No further mails about it come here.
If it was you, there is nothing to do.
If not, somebody has taken your account over. Ask whoever runs this Todo server for help.
`,
  }),
  newPassword: ({ email }: Account, occasion: Occasion): Mail => ({
    to: email,
    subject: 'Your Todo password was changed',
    text: `The password of your Todo account was changed: ${when(occasion)}.
If it was you, there is nothing to do.
If not, set a new password at once: choose "Forgot your password?" where you sign in.
`,
  }),
  secondFactorOn: ({ email }: Account, occasion: Occasion): Mail => ({
    to: email,
    subject: 'Your Todo account has a second factor',
    text: `From now on, a sign-in with the password of your Todo account needs a code of an authenticator app too. Turned on: ${when(occasion)}.
If it was you, keep the recovery codes in a safe place: without them and without the app you cannot sign in.
If not, somebody knows your password and has a session of yours. Ask whoever runs this Todo server for help.
`,
  }),
  secondFactorOff: ({ email }: Account, occasion: Occasion): Mail => ({
    to: email,
    subject: 'Your Todo account has no second factor any more',
    text: `A sign-in with the password of your Todo account needs no code any more. Turned off: ${when(occasion)}.
If it was you, there is nothing to do.
If not, set a new password at once, which ends all sessions: choose "Forgot your password?" where you sign in.
`,
  }),
  newRecoveryCodes: ({ email }: Account, occasion: Occasion): Mail => ({
    to: email,
    subject: 'New recovery codes for your Todo account',
    text: `New recovery codes were made for your Todo account: ${when(occasion)}. The former ones work no longer.
If it was you, there is nothing to do.
If not, set a new password at once, which ends all sessions: choose "Forgot your password?" where you sign in.
`,
  }),
  newPasskey: ({ email }: Account, occasion: Occasion): Mail => ({
    to: email,
    subject: 'New passkey for your Todo account',
    text: `A passkey was added to your Todo account, with which one can sign in: ${when(occasion)}.
If it was you, there is nothing to do.
If not, remove it on the page of your account, and set a new password.
`,
  }),
  removedPasskey: ({ email }: Account, occasion: Occasion): Mail => ({
    to: email,
    subject: 'A passkey of your Todo account was removed',
    text: `A passkey of your Todo account was removed: ${when(occasion)}.
If it was you, there is nothing to do.
If not, set a new password at once, which ends all sessions: choose "Forgot your password?" where you sign in.
`,
  }),
  newConnection: ({ email }: Account, occasion: Occasion): Mail => ({
    to: email,
    subject: 'New way to sign in to your Todo account',
    text: `An account elsewhere was connected with your Todo account, and signs in to it from now on: ${when(occasion)}.
If it was you, there is nothing to do.
If not, disconnect it on the page of your account, and set a new password.
`,
  }),
  endedConnection: ({ email }: Account, occasion: Occasion): Mail => ({
    to: email,
    subject: 'An account elsewhere does not sign in to your Todo account any more',
    text: `An account elsewhere was disconnected from your Todo account: ${when(occasion)}.
If it was you, there is nothing to do.
If not, set a new password at once, which ends all sessions: choose "Forgot your password?" where you sign in.
`,
  }),
  newDevice: ({ email }: Account, occasion: Occasion): Mail => ({
    to: email,
    subject: 'New sign-in to Todo',
    text: `Somebody signed in to your Todo account with a device that is new: ${when(occasion)}.
If it was you, there is nothing to do.
If not, set a new password at once, which ends all sessions: choose "Forgot your password?" where you sign in.
`,
  }),
};

export const invitationMail = (email: string, link: string): Mail => ({
  to: email,
  subject: 'You are invited to Todo',
  text: `Whoever runs this Todo server has invited you to create an account with this e-mail address.

Open this link within ${INVITATION_DAYS} days:
${link}

The link works once. If you do not want an account, do nothing.
`,
});
