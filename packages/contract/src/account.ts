import { z } from 'zod';
import {
  CODE_MAX_CHARACTERS,
  EMAIL_MAX_CHARACTERS,
  IMAGE_MAX_CHARACTERS,
  MAIL_TOKEN_MAX_CHARACTERS,
  NAME_MAX_CODE_POINTS,
  PASSKEY_ID_MAX_CHARACTERS,
  PASSKEY_NAME_MAX_CODE_POINTS,
  PASSKEY_RESPONSE_MAX_CHARACTERS,
} from './limits.ts';
import { isStorable } from './text.ts';
import { text } from './values.ts';

export const name = text(NAME_MAX_CODE_POINTS).schema;

const wrongImage = 'must be an address such as https://example.com/ada.png';
const image = z
  .url({ protocol: /^https?$/, error: wrongImage })
  .max(IMAGE_MAX_CHARACTERS, `must have at most ${IMAGE_MAX_CHARACTERS.toLocaleString('en')} characters`)
  .refine(isStorable, wrongImage);

/** The token of an invitation. */
export const invitation = z.string().max(MAIL_TOKEN_MAX_CHARACTERS).refine(isStorable, 'must be the token of an invitation').optional();

/** What a sign-up must keep to before Better Auth reads it. */
export const newAccount = z.looseObject({
  name,
  email: z.string().max(EMAIL_MAX_CHARACTERS, `must have at most ${EMAIL_MAX_CHARACTERS} characters`).refine(isStorable, 'must be an e-mail address'),
  password: z.string(),
  image: image.optional(),
  invitation,
});

const code = z.string().max(CODE_MAX_CHARACTERS, `must have at most ${CODE_MAX_CHARACTERS} characters`);
export const email = z.email('must be an e-mail address').max(EMAIL_MAX_CHARACTERS, `must have at most ${EMAIL_MAX_CHARACTERS} characters`);

/** How signed-in people prove who they are: by the password, unless the account has none, and by a code if there is a second factor. */
export const proof = z.strictObject({ password: z.string().optional(), code: code.optional() });

/** Who asks for a mail with a token, and what comes with that token. */
export const passwordResetRequest = z.strictObject({ email });
/** A new password instead of the current one, which is a proof as well. */
export const passwordChange = z.strictObject({
  currentPassword: z.string(),
  newPassword: z.string(),
  code: code.optional(),
  /** Other sessions end anyway. */
  revokeOtherSessions: z.boolean().optional(),
});
export const passwordReset = z.strictObject({ token: z.string().refine(isStorable, 'must be the token of a mail'), newPassword: z.string() });

/** Who asks for a mail to verify an address, and what comes with its token. */
export const emailVerificationRequest = z.strictObject({ email });
const mailToken = z.string().max(MAIL_TOKEN_MAX_CHARACTERS).refine(isStorable, 'must be the token of a mail');
export const emailVerification = z.strictObject({ token: mailToken });
/** Who asks for another address, and what comes with the token that is sent there. */
export const emailChangeRequest = proof.extend({ email });
export const emailChange = z.strictObject({ email, token: mailToken });
/** Such a token, when it comes with a password. */
export const signInVerification = z.looseObject({ verification: mailToken.optional() });

/** What a change of an account must keep to. Null removes the image. */
export const accountChange = z.looseObject({ name: name.optional(), image: image.nullish() });

/** Who may create an account: everybody, those whom an operator has invited, or nobody. */
export const signUpRules = ['open', 'invitation', 'closed'] as const;
export type SignUpRule = (typeof signUpRules)[number];

/** Whether people must have verified their e-mail address before they get a session. */
export const verifyEmailRules = ['optional', 'required'] as const;
export type VerifyEmail = (typeof verifyEmailRules)[number];

/** What a server offers to people who are not signed in. */
export interface SignInWays {
  signUp: SignUpRule;
  /** Whether it sends mails, such as one for a forgotten password. */
  mail: boolean;
  /** Other places where people have an account with which they sign in. */
  providers: { id: string; name: string }[];
  /** Whether people with an account can sign in by the link of a mail. */
  links: boolean;
  /** Whether its address is one for which browsers make passkeys. */
  passkeys: boolean;
}

/** Which session of a user to end. */
export const revokedSession = z.strictObject({ id: z.uuid('must be the id of a session') });

/** What may come with a sign-in: a code of an authenticator app, or a recovery code. */
export const signInCode = z.looseObject({ code: code.optional() });

/** What binds a link that signs in to the client that has asked for it: a cookie, or for a client without cookies a secret in the answer. */
const linkBindings = ['cookie', 'answer'] as const;
const linkSecret = z.string().regex(/^[\w-]{32}$/, 'must be the secret of the answer to the request for the link');

/** Who asks for a link that signs in, and what comes with it. */
export const signInLinkRequest = z.strictObject({
  email,
  binding: z.enum(linkBindings, `must be ${linkBindings.join(' or ')}`).default('cookie'),
});
export const linkSignIn = z.strictObject({ token: mailToken, secret: linkSecret.optional(), code: code.optional() });

/** The first code of an authenticator app. */
export const firstCode = z.strictObject({ code });

const base64url = (max: number) =>
  z
    .string()
    .max(max, `must have at most ${max.toLocaleString('en')} characters`)
    .regex(/^[\w-]*$/, 'must be base64url');
const passkeyId = base64url(PASSKEY_ID_MAX_CHARACTERS);
const part = base64url(PASSKEY_RESPONSE_MAX_CHARACTERS);
const passkeyName = text(PASSKEY_NAME_MAX_CODE_POINTS).schema;
const idOfPasskey = z.uuid('must be the id of a passkey');

/** What a browser answers, of which the server reads this. */
const attested = z.object({ id: passkeyId, response: z.object({ clientDataJSON: part, attestationObject: part }) });
const asserted = z.object({ id: passkeyId, response: z.object({ clientDataJSON: part, authenticatorData: part, signature: part }) });

export const addedPasskey = z.strictObject({ name: passkeyName, response: attested });
export const renamedPasskey = z.strictObject({ id: idOfPasskey, name: passkeyName });
export const removedPasskey = z.strictObject({ id: idOfPasskey });
export const passkeySignIn = z.strictObject({ response: asserted });
