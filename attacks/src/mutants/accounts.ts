// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are texts of sources
import type { Mutant } from './mutant.ts';

/** Rules of accounts and of their limits. */
export const accountMutants: Mutant[] = [
  {
    layer: 'second factor',
    what: 'a password alone begins a session',
    edits: [
      {
        file: 'packages/auth/src/sessions/hooks.ts',
        from: 'if (!guard.isExemptFromCode()) await secondFactor.require(userId);',
        to: '',
      },
    ],
    at: /^POST \/sign-in\/email$/,
    found: ['foreign data'],
  },
  {
    layer: 'second factor',
    what: 'a recovery code stays after its use',
    edits: [{ file: 'packages/auth/src/factors/second-factor.ts', from: 'array_remove(recovery_codes, ${hash})', to: 'recovery_codes' }],
    at: /^POST \/sign-in\/email$/,
    found: ['foreign data'],
  },
  {
    layer: 'disabled users',
    what: 'one begins a session',
    sql: ['drop trigger session_10_enabled on session'],
    at: /^POST \/sign-in\/email$/,
    found: ['foreign data'],
  },
  {
    layer: 'JWT and session',
    what: 'any session does',
    edits: [{ file: 'packages/auth/src/jwts.ts', from: '(user) => user === userId,', to: '() => true,' }],
    at: /^tasks\.counts$/,
    found: ['no credential'],
  },
  {
    layer: 'JWT and session',
    what: 'any live session does, whosever it is',
    edits: [{ file: 'packages/auth/src/jwts.ts', from: '(user) => user === userId,', to: '(user) => user !== undefined,' }],
    at: /^tasks\.counts$/,
    found: ['no credential'],
  },
  {
    layer: 'passkeys',
    what: 'one is removed whosever it is',
    edits: [
      { file: 'packages/auth/src/passkeys/passkeys.ts', from: 'delete(passkeys).where(own(userId, id))', to: 'delete(passkeys).where(eq(passkeys.id, id))' },
    ],
    at: /passkeys\/remove$/,
    found: ['rows changed'],
  },
  {
    layer: 'limits',
    what: 'sign-in counts nothing',
    edits: [
      {
        file: 'packages/auth/src/auth.ts',
        from: 'signInsPerMinute > 0 ? createRateLimits(identity, secrets.all[0]) : noLimits',
        to: 'signInsPerMinute < 0 ? createRateLimits(identity, secrets.all[0]) : noLimits',
      },
    ],
    at: /^none$/,
    found: ['unlimited'],
  },
  {
    layer: 'limits',
    what: 'calls of a user are not counted',
    edits: [{ file: 'apps/api/src/http/app.ts', from: 'createRateLimit(deps.callsPerMinute)', to: 'createRateLimit(0)' }],
    at: /^none$/,
    found: ['unlimited'],
  },
];
