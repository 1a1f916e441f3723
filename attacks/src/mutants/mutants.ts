// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are texts of sources
import { accountMutants } from './accounts.ts';
import type { Edit } from './copy.ts';
import { credentialMutants } from './credentials.ts';
import type { Mutant } from './mutant.ts';

const ownerTables = ['tasks', 'task_labels', 'lists', 'owners', 'events', 'idempotency_keys'];
const withoutPolicies = ownerTables.map((table) => `alter table ${table} disable row level security`);
const store = 'apps/api/src/entities/store.ts';

const oneWithoutOwner: Edit = {
  file: store,
  from: "const isThis = and(eq(table.userId, owner), eq(table.id, placeholder('id')));",
  to: "const isThis = and(sql`(${table.userId} = ${owner} or true)`, eq(table.id, placeholder('id')));",
};
const listWithoutOwner: Edit = {
  file: 'apps/api/src/tasks/filters.ts',
  from: 'and(eq(tasks.userId, owner), rules[access])',
  to: 'and(sql`(${tasks.userId} = ${owner} or true)`, rules[access])',
};
const historyWithoutOwner: Edit = {
  file: 'apps/api/src/history/store.ts',
  from: "and(eq(events.userId, owner), lt(seq, placeholder('end')), rule)",
  to: "and(sql`(${events.userId} = ${owner} or true)`, lt(seq, placeholder('end')), rule)",
};

export const mutants: Mutant[] = [
  { layer: 'none', what: 'nothing', at: /^tasks\.get$/, found: [] },
  { layer: 'statements', what: 'one task or list is found without its owner', edits: [oneWithoutOwner], at: /^(tasks|lists)\.(get|edit)$/, found: [] },
  {
    layer: 'policies',
    what: 'no row-level security on any table of owners',
    sql: withoutPolicies,
    at: /^(tasks|lists)\.(get|edit)$/,
    found: [],
  },
  {
    layer: 'statements and policies',
    what: 'both of these',
    edits: [oneWithoutOwner],
    sql: withoutPolicies,
    at: /^(tasks|lists)\.(get|edit)$/,
    found: ['foreign data', 'distinguishable'],
  },
  {
    layer: 'statements and policies',
    what: 'pages of tasks name no owner, without row-level security',
    edits: [listWithoutOwner],
    sql: withoutPolicies,
    at: /^tasks\.list$/,
    found: ['foreign data'],
  },
  {
    layer: 'statements and policies',
    what: 'the history names no owner, without row-level security',
    edits: [historyWithoutOwner],
    sql: withoutPolicies,
    at: /^history\.list$|\/export$/,
    found: ['foreign data'],
  },
  {
    layer: 'column rights',
    what: 'todo_user may read sessions and accounts',
    sql: ['grant select on session, account, "user" to todo_user'],
    at: /^tasks\.(get|list)$/,
    found: [],
  },
  {
    layer: 'sign-in statements',
    what: 'a session is revoked whosever it is',
    edits: [
      {
        file: 'packages/auth/src/security-events/store.ts',
        from: 'delete from session where user_id = ${userId} and ${which} and exists (select from u) returning 1',
        to: 'delete from session where ${which} and exists (select from u) returning 1',
      },
    ],
    at: /revoke-session$/,
    found: ['rows changed'],
  },
  {
    layer: 'sign-in statements',
    what: 'sessions are listed whosever they are',
    edits: [{ file: 'packages/auth/src/sessions/endpoints.ts', from: 'and(eq(session.userId, current.user.id), gt(', to: 'and(gt(' }],
    at: /list-sessions$/,
    found: ['foreign data'],
  },
  {
    layer: 'contract',
    what: 'an input may hold unknown fields',
    edits: [{ file: 'packages/contract/src/schemas.ts', from: 'z.strictObject({ ...shape, ...call }).refine', to: 'z.object({ ...shape, ...call }).refine' }],
    at: /^(tasks|lists)\./,
    found: ['accepted'],
  },
  {
    layer: 'contract and database errors',
    what: 'texts with NUL pass, and the error of the database is not recognized',
    edits: [
      { file: 'packages/contract/src/text.ts', from: "text.isWellFormed() && !text.includes('\\0')", to: 'text.length >= 0' },
      {
        file: 'apps/api/src/errors.ts',
        from: "return findRefusedValue(error) ? new ApiError('INVALID_INPUT', { fields: { '': ['contains a value that cannot be stored'] } }) : new ApiError('INTERNAL');",
        to: "return new ApiError('INTERNAL');",
      },
    ],
    at: /^(tasks|lists|labels)\./,
    found: ['crash'],
  },
  {
    layer: 'error filter',
    what: 'an error shows its stack',
    edits: [
      {
        file: 'apps/api/src/errors.ts',
        from: '    message,\n    code: TRPC_ERROR_CODES_BY_KEY[code],',
        to: '    message: String(error instanceof Error ? error.stack : error),\n    code: TRPC_ERROR_CODES_BY_KEY[code],',
      },
    ],
    at: /^tasks\.(get|edit)$/,
    found: ['leaky error'],
  },
  {
    layer: 'error filter',
    what: 'an error names any number of wrong fields',
    edits: [{ file: 'apps/api/src/errors.ts', from: 'const FIELDS_MAX = 50;', to: 'const FIELDS_MAX = 1e9;' }],
    at: /^(tasks|lists)\./,
    found: ['too large'],
  },
  {
    layer: 'log filter',
    what: 'the log holds the query',
    edits: [{ file: 'apps/api/src/http/record.ts', from: 'path: loggedPath(path), status', to: 'path: decodeURIComponent(request.url), status' }],
    at: /^tasks\.get$/,
    found: ['foreign data'],
  },
  ...credentialMutants,
  ...accountMutants,
];
