/** The words of the specification for what the catalog says. */
type Words = Record<string, string>;

export const kinds: Words = {
  uuid: 'identifier',
  text: 'text',
  boolean: 'yes or no',
  integer: 'whole number',
  bigint: 'large whole number',
  'timestamp(3) with time zone': 'time',
  'timestamp(6) with time zone': 'fine time',
  bytea: 'bytes',
  smallint: 'small whole number',
  jsonb: 'JSON',
  date: 'date',
  'text[]': 'list of texts',
  'integer[]': 'list of whole numbers',
};
export const conditions: Words = {
  '(completed_at IS NULL)': 'open',
  '(completed_at IS NOT NULL)': 'completed',
  '((due_date IS NOT NULL) AND (completed_at IS NULL))': 'open, with a due date',
  "(kind = 'delete'::text)": 'removals',
  "(entity = 'list'::text)": 'of lists',
  '(list_id IS NOT NULL)': 'in a list',
  '(parent_id IS NOT NULL)': 'subtasks',
  '(group_id IS NOT NULL)': 'with a group',
  '(begun_at IS NULL)': 'waiting',
  '(log_mb > 0)': 'with a megabyte or more',
};
const owner = "(current_setting('app.user_id'::text))::uuid";
export const reaches: Words = {
  null: 'no row',
  true: 'every row',
  [`(user_id = ${owner})`]: 'rows of the named owner',
  [`(user_id = CASE WHEN (CURRENT_USER <> 'todo_log'::name) THEN ${owner} ELSE NULL::uuid END)`]: 'rows of the named owner',
  false: 'no row',
  "(CURRENT_USER = 'todo_backup'::name)": 'every row, while the reader is this role and not merely a member of it',
  "(CURRENT_USER = 'todo_log'::name)": 'every row, to this role and not merely to a member of it',
};
export const covers: Words = { '*': 'everything', r: 'reading', null: 'nothing' };
export const rights: Words = {
  SELECT: 'read',
  INSERT: 'add',
  UPDATE: 'change',
  DELETE: 'remove',
  EXECUTE: 'run',
  USAGE: 'use',
  CREATE: 'create in it',
  CONNECT: 'connect',
  MEMBER: 'act as it',
};
/** What the specification does not call by its name in the catalog. */
export const names: Words = { todo_app: 'the product’s login', drizzle: 'that of the migrations' };

/** A right of a role on something that is not a table of `public`. PostgreSQL gives some to everybody unless they are revoked. */
const granted = (kind: string, name: string, rows: string, acl: string, owner: string) =>
  `select coalesce(rolname, 'everybody') as role, ${name} as object, '${kind}' as kind, privilege_type as right
   from ${rows} cross join aclexplode(${acl}) a left join pg_roles r on r.oid = a.grantee where a.grantee <> ${owner}`;
const inOurs = (schema: string) => `${schema} in (select oid from pg_namespace where nspname <> 'information_schema' and nspname not like 'pg\\_%')`;
export const otherRights = [
  `${granted('function', 'proname', 'pg_proc', "coalesce(proacl, acldefault('f', proowner))", 'proowner')} and ${inOurs('pronamespace')}`,
  `${granted('schema', 'nspname', 'pg_namespace', "coalesce(nspacl, acldefault('n', nspowner))", 'nspowner')} and ${inOurs('pg_namespace.oid')}`,
  `${granted('sequence', 'relname', 'pg_class', "coalesce(relacl, acldefault('s', relowner))", 'relowner')} and relkind = 'S' and ${inOurs('relnamespace')}`,
  `${granted('table', 'relname', 'pg_class', 'relacl', 'relowner')} and relkind <> 'S' and relnamespace <> 'public'::regnamespace and ${inOurs('relnamespace')}`,
  // The type of a table's rows, and that of a list of them, come with the table.
  `${granted('type', 'typname', 'pg_type', "coalesce(typacl, acldefault('T', typowner))", 'typowner')} and typrelid = 0 and typcategory <> 'A' and ${inOurs('typnamespace')}`,
  `${granted('database', "'this one'", 'pg_database', "coalesce(datacl, acldefault('d', datdba))", 'datdba')} and datname = current_database()`,
  `select member::regrole::text, roleid::regrole::text, 'role', 'MEMBER' from pg_auth_members
   where member::regrole::text like 'todo\\_%' and member::regrole::text <> 'todo_owner'`,
  `select coalesce(rolname, 'everybody'), 'new objects', 'any', privilege_type from pg_default_acl cross join aclexplode(defaclacl) a left join pg_roles r on r.oid = a.grantee`,
].join('\nunion all ');
