import type { AuthOptions } from '@todo/auth';
import { ISSUER_MAX_CHARACTERS, PROVIDER_ID_MAX_CHARACTERS, PROVIDERS_MAX } from '@todo/contract';
import { z } from 'zod';

type Settings = NonNullable<AuthOptions['providers']>[number];

/** On the way to another machine, what is not encrypted can be changed. */
const isSafe = ({ protocol, hostname }: URL) => protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname));
const issuer = z
  .url({ protocol: /^https?$/, error: 'must be an address such as https://accounts.example.com' })
  .max(ISSUER_MAX_CHARACTERS, `must have at most ${ISSUER_MAX_CHARACTERS} characters`)
  .refine((url) => URL.canParse(url) && isSafe(new URL(url)), 'must begin with https://, unless the provider runs on this machine')
  .refine((url) => !/[?#]|\/\.well-known\//.test(url), 'must be the issuer alone, without /.well-known/openid-configuration');
const required = z.string('must be set').min(1, 'must be set');
const name = z.string().min(1, 'must be set').max(50, 'must have at most 50 characters');

const list = z
  .array(
    z.strictObject({
      id: z.string().regex(new RegExp(`^[a-z\\d-]{1,${PROVIDER_ID_MAX_CHARACTERS}}$`), 'must be of small letters, digits and hyphens'),
      name,
      issuer,
      clientId: required,
      clientSecret: required.optional(),
    }),
  )
  .max(PROVIDERS_MAX, `must name at most ${PROVIDERS_MAX}`);

const isJson = (text: string) => {
  try {
    return Boolean(JSON.parse(text));
  } catch {
    return false;
  }
};

export const providerVariables = {
  OIDC_ISSUER: issuer.optional(),
  OIDC_CLIENT_ID: z.string().optional(),
  OIDC_CLIENT_SECRET: z.string().optional(),
  OIDC_NAME: name.optional(),
  OIDC_PROVIDERS: z
    .string()
    .refine(isJson, { error: 'must be a list in JSON', abort: true })
    .transform((text): unknown => JSON.parse(text))
    .pipe(list)
    .optional(),
};

/** The providers with which people sign in. Throws with one line for what is wrong. */
export function readProviders(data: z.output<z.ZodObject<typeof providerVariables>>): Settings[] {
  const { OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, OIDC_NAME, OIDC_PROVIDERS = [] } = data;
  if (!OIDC_ISSUER && (OIDC_CLIENT_ID || OIDC_CLIENT_SECRET || OIDC_NAME)) throw new Error('OIDC_ISSUER: must be set with the other settings of the provider');
  if (OIDC_ISSUER && !OIDC_CLIENT_ID) throw new Error('OIDC_CLIENT_ID: must be set with OIDC_ISSUER');
  const own = { id: 'oidc', name: OIDC_NAME ?? new URL(OIDC_ISSUER ?? 'https://none').hostname, clientSecret: OIDC_CLIENT_SECRET };
  const providers = OIDC_ISSUER && OIDC_CLIENT_ID ? [{ ...own, issuer: OIDC_ISSUER, clientId: OIDC_CLIENT_ID }, ...OIDC_PROVIDERS] : OIDC_PROVIDERS;
  const hasTwice = (values: string[]) => new Set(values).size < values.length;
  if (hasTwice(providers.map(({ id }) => id))) throw new Error('OIDC_PROVIDERS: each must have an id of its own; that of OIDC_ISSUER is oidc');
  // People are known by their issuer.
  if (hasTwice(providers.map((each) => new URL(each.issuer).href))) throw new Error('OIDC_PROVIDERS: each must have an issuer of its own');
  return providers;
}
