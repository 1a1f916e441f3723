/** Names of what nobody but one person, or nobody outside of the server, may know: in bodies, answers and addresses. */
const isSecret = (name: string) => /password|token|secret|codes?$|verifier|state|nonce|invitation|verification|challenge|signature/i.test(name);

/** Each secret, by where it was seen first. */
export interface Secrets {
  found: ReadonlyMap<string, string>;
  keep(where: string, value: string): void;
  /** Keeps everything in a value, in the addresses that it holds, and in the parts of signed tokens. */
  keepAll(where: string, value: unknown, name?: string): void;
  /** Keeps the session that an answer begins, and the values of all its cookies. */
  keepSession(where: string, answer: Response): void;
}

const SHORTEST = 6;

export function createSecrets(): Secrets {
  const found = new Map<string, string>();
  const values = new Set<string>();
  // The tokens of sessions. In this version the database stores them (decision 0043); without the signature they are no credentials.
  const unsigned = new Set<string>();
  const keep = (where: string, value: string) => {
    // What answers call a code is the reason of an error, too.
    if (value.length < SHORTEST || values.has(value) || unsigned.has(value) || /^[A-Z_]+$/.test(value)) return;
    values.add(value);
    found.set(`${where} (${found.size})`, value);
    const [, signature] = /^[^:]*\.([\w+/=-]{20,})$/.exec(value) ?? [];
    if (signature) keep(`${where}: signature`, signature);
  };
  const keepAll = (where: string, value: unknown, name = '') => {
    if (Array.isArray(value)) for (const each of value) keepAll(where, each, name);
    else if (typeof value === 'object' && value !== null) for (const [key, each] of Object.entries(value)) keepAll(`${where}, ${key}`, each, key);
    else if (typeof value === 'string') {
      if (isSecret(name)) keep(where, value);
      else if (URL.canParse(value)) keepAll(where, Object.fromEntries(parametersOf(value)));
    }
  };
  return {
    found,
    keep,
    keepAll,
    keepSession: (where, answer) => {
      const signed = answer.headers.get('set-auth-token') ?? '';
      unsigned.add(signed.split('.', 1).join());
      keep(`${where}, token`, signed);
      for (const line of answer.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]*)=([^;]*)/.exec(line) ?? [];
        keep(`${where}, cookie ${name}`, decodeURIComponent(value));
      }
    },
  };
}

/** Those of the query, and those behind `#`, which a link in a mail has. */
const parametersOf = (address: string) => {
  const { searchParams, hash } = new URL(address);
  return [...searchParams, ...new URLSearchParams(hash.split('?')[1] ?? '')];
};

/** Whether a text holds a secret: as it is, without hyphens, in small letters, encoded in a usual way, or decoded to bytes. */
export function holds(text: string, secret: string): boolean {
  // A copy can hold the digits of a code by chance. Behind a point they are those of a time.
  if (/^\d{6,9}$/.test(secret)) return new RegExp(`(?<![\\d.])${secret}(?!\\d)`).test(text);
  const plain = secret.replaceAll('-', '');
  return [secret, plain, plain.toLowerCase()].some((each) => {
    const bytes = Buffer.from(each);
    const encoded = [bytes.toString('hex'), bytes.toString('base64').replace(/=+$/, ''), bytes.toString('base64url')];
    const decoded = /^[\w+/-]{16,}=*$/.test(each) ? [Buffer.from(each, 'base64url').toString('hex')] : [];
    return [each, encodeURIComponent(each), ...encoded, ...decoded].some((form) => text.includes(form));
  });
}
