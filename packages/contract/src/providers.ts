import { z } from 'zod';
import { email, invitation, name, proof } from './account.ts';
import { ISSUER_MAX_CHARACTERS, PROVIDER_ID_MAX_CHARACTERS, RETURN_TO_MAX_CHARACTERS, SUBJECT_MAX_CHARACTERS } from './limits.ts';
import { isStorable } from './text.ts';

const provider = z.string().max(PROVIDER_ID_MAX_CHARACTERS, 'must be the id of a provider');
/** Where the browser goes afterwards. The server checks its origin. */
const returnTo = z
  .url({ protocol: /^https?$/, error: 'must be the address of a page' })
  .refine((url) => URL.canParse(url) && new URL(url).href.length <= RETURN_TO_MAX_CHARACTERS, `must have at most ${RETURN_TO_MAX_CHARACTERS} characters`)
  .optional();

/** With which provider somebody signs in, and which one a user connects with the account. */
export const providerSignIn = z.strictObject({ provider, returnTo, invitation });
export const providerConnection = proof.extend({ provider, returnTo });

/** Which connection of a user to end. */
export const endedConnection = z.strictObject({ id: z.uuid('must be the id of a connection') });

/** What is used of a verified ID token, and of what its provider says about the same subject. What an account cannot hold is left out. */
export const providerClaims = z.object({
  iss: z.string().max(ISSUER_MAX_CHARACTERS).refine(isStorable),
  sub: z.string().min(1).max(SUBJECT_MAX_CHARACTERS).refine(isStorable),
  email: email.optional().catch(undefined),
  email_verified: z.boolean().optional().catch(undefined),
  name: name.optional().catch(undefined),
});
export type ProviderClaims = z.output<typeof providerClaims>;
