// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are texts of sources
import type { Mutant } from './mutant.ts';

const identify = 'packages/auth/src/identify.ts';
const jwts = 'packages/auth/src/jwts.ts';
const context = 'apps/api/src/http/context.ts';

export const credentialMutants: Mutant[] = [
  {
    layer: 'signature',
    what: 'a session token counts with any signature',
    edits: [
      {
        file: 'packages/auth/src/credentials.ts',
        from: 'secrets.findIndex((secret) => isSame(given, signature(token, secret)))',
        to: 'secrets.findIndex((secret) => isSame(given, signature(token, secret)) || true)',
      },
    ],
    at: /^tasks\.counts$/,
    found: ['no credential'],
  },
  {
    layer: 'signature and hash',
    what: 'the stored hash counts as a token, with any signature',
    edits: [
      {
        file: 'packages/auth/src/credentials.ts',
        from: 'secrets.findIndex((secret) => isSame(given, signature(token, secret)))',
        to: 'secrets.findIndex((secret) => isSame(given, signature(token, secret)) || /^[0-9a-f]{64}$/.test(token))',
      },
      { file: 'packages/auth/src/sessions/tokens.ts', from: '(/^[0-9a-f]{64}$/.test(token) ? [] : [token])', to: '[token]' },
    ],
    at: /^tasks\.counts$/,
    found: [],
  },
  ...['issuer', 'audience'].map(
    (claim): Mutant => ({
      layer: 'JWT',
      what: `the ${claim} is not checked`,
      edits: [
        {
          file: jwts,
          from: 'issuer, audience: issuer, requiredClaims',
          to: claim === 'issuer' ? 'audience: issuer, requiredClaims' : 'issuer, requiredClaims',
        },
      ],
      at: /^tasks\.counts$/,
      found: ['no credential'],
    }),
  ),
  {
    layer: 'JWT',
    what: 'no expiry is needed',
    edits: [
      { file: jwts, from: "requiredClaims: ['sub', 'exp']", to: "requiredClaims: ['sub']" },
      { file: jwts, from: ' || exp === undefined', to: '' },
    ],
    at: /^tasks\.counts$/,
    found: ['no credential'],
  },
  {
    layer: 'JWT',
    what: 'the subject may be anything',
    edits: [{ file: jwts, from: 'sub === undefined || !isId(sub)', to: 'sub === undefined' }],
    at: /^tasks\.(counts|get)$/,
    found: ['crash'],
  },
  {
    layer: 'sessions',
    what: 'an expired session counts',
    edits: [
      {
        file: 'packages/auth/src/sessions/lookup.ts',
        from: ', gt(session.expiresAt, sql`now()`)))',
        to: ", gt(session.expiresAt, sql`now() - interval '1 day'`)))",
      },
    ],
    at: /^tasks\.counts$/,
    found: ['no credential'],
  },
  {
    layer: 'credentials',
    what: 'those of two users count together',
    edits: [{ file: identify, from: 'if (byHeader && byCookie && byHeader !== byCookie) return null;', to: '' }],
    at: /^tasks\.counts$/,
    found: ['no credential'],
  },
  {
    layer: 'credentials',
    what: 'the user that a call names is not compared',
    edits: [{ file: context, from: '  assertSameUser(headers, userId);\n', to: '' }],
    at: /^tasks\.counts$/,
    found: ['no credential'],
  },
  {
    layer: 'origins',
    what: 'a foreign page may send the cookie',
    edits: [{ file: context, from: "headers.delete('cookie');", to: '' }],
    at: /^tasks\.counts$/,
    found: ['no credential'],
  },
];
