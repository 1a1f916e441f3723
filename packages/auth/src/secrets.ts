export interface SecretOptions {
  /** Signs cookies and encrypts signing keys. It allows impersonating every user. */
  secret: string;
  /** Replace `secret`, the current one first. All of them, and `secret`, still verify and decrypt what they have signed and encrypted. */
  numberedSecrets?: { version: number; value: string }[] | undefined;
}

/** All secrets, the current one first, and the options of Better Auth, for which `secret` then decrypts what was encrypted before secrets had numbers. */
export function secretsOf({ secret, numberedSecrets = [] }: SecretOptions) {
  const [current = secret, ...former] = [...numberedSecrets.map(({ value }) => value), secret];
  const all: [string, ...string[]] = [current, ...former];
  return { all, options: { secret, ...(numberedSecrets.length > 0 && { secrets: numberedSecrets }) } };
}
