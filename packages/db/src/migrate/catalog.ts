import { getTableName, is } from 'drizzle-orm';
import { PgTable } from 'drizzle-orm/pg-core';
import type { Connection } from '../connection/connection.ts';
import * as schema from '../schema.ts';

/** What a catalog describes. The functions of triggers belong to their tables, and need not be named. */
interface Objects {
  tables: readonly string[];
  functions: readonly string[];
  roles: readonly string[];
}

export const declared: Objects = {
  tables: Object.values(schema)
    .filter((table) => is(table, PgTable))
    .map((table) => getTableName(table))
    .sort(),
  functions: [
    'entities_at',
    'has_room',
    'move_list',
    'move_tasks',
    'position_between',
    'position_step',
    'positions_around',
    'positions_between',
    'present_entities',
    'purge_idempotency_keys',
    'settle_tasks',
    'state_digest',
    'task_fault',
    'task_tree',
    'trim_due_log',
    'trim_log',
  ],
  roles: ['todo_backup', 'todo_identity', 'todo_log', 'todo_user', 'todo_watcher'],
};

const namesIn = (catalog: string, start: RegExp) => [...catalog.matchAll(start)].map(([, name = '']) => name);

/** What a described catalog describes, also if another version has written it. */
export const objectsIn = (catalog: string): Objects => ({
  tables: namesIn(catalog, /^create table "?(\w+)/gm),
  functions: namesIn(catalog, /^CREATE OR REPLACE FUNCTION public\.(\w+)/gm),
  roles: namesIn(catalog, /^create role (\w+)/gm),
});

export const list = (names: readonly string[]) => names.map((name) => `'${name}'`).join(', ') || 'null';
const granted = (privileges: string) => `
  join lateral pg_catalog.aclexplode(${privileges}) acl on acl.grantee <> table_.relowner
  left join pg_catalog.pg_roles role_ on role_.oid = acl.grantee`;

/** Each query returns `section` (the table, or '' if there is none) and `line`. Owners other than our roles are omitted: they differ by deployment. */
function queriesFor({ tables, functions, roles }: Objects): string[] {
  const ours = `table_.relnamespace = 'public'::regnamespace and table_.relname in (${list(tables)})`;
  const parts = {
    roles: `select '' as section, format('create role %I %s %s %s %s;', rolname, case when rolcanlogin then 'login' else 'nologin' end,
      case when rolsuper then 'superuser' else 'nosuperuser' end, case when rolbypassrls then 'bypassrls' else 'nobypassrls' end,
      case when rolinherit then 'inherit' else 'noinherit' end) as line
    from pg_catalog.pg_roles where rolname in (${list(roles)}) order by rolname`,
    memberships: `select '' as section, format('grant %I to %I;', role_.rolname, member.rolname) as line
    from pg_catalog.pg_auth_members rule join pg_catalog.pg_roles role_ on role_.oid = rule.roleid join pg_catalog.pg_roles member on member.oid = rule.member
    where member.rolname in (${list(roles)}) order by 2`,
    schemaGrants: `select '' as section, format('grant %s on schema public to %I;', lower(acl.privilege_type), role_.rolname) as line
    from pg_catalog.pg_namespace space join lateral pg_catalog.aclexplode(space.nspacl) acl on true
    join pg_catalog.pg_roles role_ on role_.oid = acl.grantee and role_.rolname in (${list(roles)})
    where space.nspname = 'public' order by 2`,
    tables: `select table_.relname as section, format(E'create table %I (\\n  %s\\n);', table_.relname, string_agg(
      concat_ws(' ', quote_ident(column_.attname), format_type(column_.atttypid, column_.atttypmod),
        case when column_.attnotnull then 'not null' end, 'default ' || pg_get_expr(default_.adbin, default_.adrelid)), E',\\n  ' order by column_.attname)) as line
    from pg_catalog.pg_class table_
    join pg_catalog.pg_attribute column_ on column_.attrelid = table_.oid and column_.attnum > 0 and not column_.attisdropped
    left join pg_catalog.pg_attrdef default_ on default_.adrelid = table_.oid and default_.adnum = column_.attnum
    where ${ours} and table_.relkind in ('r', 'p') group by table_.relname`,
    constraints: `select table_.relname as section, format('alter table %I add constraint %I %s;', table_.relname, rule.conname, pg_get_constraintdef(rule.oid)) as line
    from pg_catalog.pg_constraint rule join pg_catalog.pg_class table_ on table_.oid = rule.conrelid
    where ${ours} and rule.contype in ('p', 'u', 'f', 'c', 'x') order by rule.conname`,
    indexes: `select table_.relname as section, pg_get_indexdef(index_.indexrelid) || ';' || case when index_.indisvalid then '' else ' -- invalid' end as line
    from pg_catalog.pg_index index_ join pg_catalog.pg_class table_ on table_.oid = index_.indrelid join pg_catalog.pg_class name on name.oid = index_.indexrelid
    where ${ours} and not exists (select from pg_catalog.pg_constraint rule where rule.conindid = index_.indexrelid and rule.contype in ('p', 'u', 'x'))
    order by name.relname`,
    security: `select table_.relname as section, format('alter table %I %s row level security, %s row level security;', table_.relname,
      case when table_.relrowsecurity then 'enable' else 'disable' end, case when table_.relforcerowsecurity then 'force' else 'no force' end) as line
    from pg_catalog.pg_class table_ where ${ours} and table_.relkind in ('r', 'p')`,
    policies: `select table_.relname as section, format('create policy %I on %I as %s for %s to %s using (%s) with check (%s);', policy.polname, table_.relname,
      case when policy.polpermissive then 'permissive' else 'restrictive' end, policy.polcmd,
      (select string_agg(coalesce(role_.rolname, 'public'), ', ' order by role_.rolname) from unnest(policy.polroles) member left join pg_catalog.pg_roles role_ on role_.oid = member),
      coalesce(pg_get_expr(policy.polqual, policy.polrelid), 'none'), coalesce(pg_get_expr(policy.polwithcheck, policy.polrelid), 'none')) as line
    from pg_catalog.pg_policy policy join pg_catalog.pg_class table_ on table_.oid = policy.polrelid where ${ours} order by policy.polname`,
    triggers: `select table_.relname as section, pg_get_triggerdef(trigger_.oid) || ';' || case trigger_.tgenabled when 'O' then '' else ' -- ' || trigger_.tgenabled::text end as line
    from pg_catalog.pg_trigger trigger_ join pg_catalog.pg_class table_ on table_.oid = trigger_.tgrelid
    where ${ours} and not trigger_.tgisinternal order by trigger_.tgname`,
    tableGrants: `select table_.relname as section, format('grant %s on %I to %s;', string_agg(lower(acl.privilege_type), ', ' order by acl.privilege_type),
      table_.relname, coalesce(role_.rolname, 'public')) as line
    from pg_catalog.pg_class table_ ${granted('table_.relacl')} where ${ours} group by table_.relname, role_.rolname order by role_.rolname`,
    columnGrants: `select table_.relname as section, format('grant %s (%s) on %I to %s;', lower(acl.privilege_type),
      string_agg(column_.attname, ', ' order by column_.attname), table_.relname, coalesce(role_.rolname, 'public')) as line
    from pg_catalog.pg_class table_ join pg_catalog.pg_attribute column_ on column_.attrelid = table_.oid ${granted('column_.attacl')}
    where ${ours} group by table_.relname, role_.rolname, acl.privilege_type order by role_.rolname, acl.privilege_type`,
    functions: `select '' as section, format(E'%s;\\n-- may run it: %s%s', rtrim(pg_get_functiondef(function_.oid), E'\\n'),
      coalesce((select string_agg(coalesce(role_.rolname, 'public'), ', ' order by role_.rolname)
        from pg_catalog.aclexplode(coalesce(function_.proacl, acldefault('f', function_.proowner))) acl
        left join pg_catalog.pg_roles role_ on role_.oid = acl.grantee where acl.grantee <> function_.proowner), 'triggers alone'),
      (select E'\\n-- belongs to: ' || rolname from pg_catalog.pg_roles where oid = function_.proowner and rolname in (${list(roles)}))) as line
    from pg_catalog.pg_proc function_ where function_.oid in (
      select trigger_.tgfoid from pg_catalog.pg_trigger trigger_ join pg_catalog.pg_class table_ on table_.oid = trigger_.tgrelid
      where ${ours} and not trigger_.tgisinternal
    ) or function_.pronamespace = 'public'::regnamespace and function_.proname in (${list(functions)}) order by function_.proname`,
  };
  return Object.values(parts);
}

/** The tables, rules and rights of a database as text. Two databases with the same have the same text, also on different versions of PostgreSQL, 15 to 18. */
export async function describeCatalog(connection: Connection, objects = declared): Promise<string> {
  const answers = await connection.send(queriesFor(objects).map((text) => ({ text, prepared: { params: [], rows: 'arrays' } })));
  const lines = answers.flat().map((row) => (Array.isArray(row) ? { section: String(row[0]), line: String(row[1]) } : { section: '', line: '' }));
  const sections = ['', ...objects.tables].map((section) => lines.filter((line) => line.section === section).map(({ line }) => line));
  return `${sections.map((section) => section.join('\n')).join('\n\n')}\n`;
}

/** Only functions have lines that begin with a space or with a word of PL/pgSQL. */
const statementsIn = (catalog: string) => catalog.trimEnd().split(/\n+(?=(?:alter|create|grant|CREATE) )/);

/** An index that is no constraint changes no result and no right, only how long a statement takes. */
const isIndex = (statement: string) => statement.startsWith('CREATE INDEX ');

/** The first lines in which two descriptions of a catalog differ. Lines may be repeated. */
export function difference(expected: string, found: string): string {
  const only = (mark: string, these: string, those: string) => {
    const matched = those.split('\n');
    const unmatched = these.split('\n').filter((line) => {
      const at = matched.indexOf(line);
      if (at >= 0) matched.splice(at, 1);
      return at < 0;
    });
    return unmatched.map((line) => `${mark} ${line}`);
  };
  return [...only('-', expected, found), ...only('+', found, expected)].slice(0, 10).join('\n');
}

/** The differences in indexes, and all others. */
export function differences(expected: string, found: string) {
  const only = (isWanted: (statement: string) => boolean) => (catalog: string) => statementsIn(catalog).filter(isWanted).join('\n');
  const [indexes, others] = [only(isIndex), only((statement) => !isIndex(statement))];
  return { indexes: difference(indexes(expected), indexes(found)), others: difference(others(expected), others(found)) };
}
