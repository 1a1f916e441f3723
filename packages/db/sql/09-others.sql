-- Others may read which versions can serve the database, and how it must look. No other role has rights. A managed service may give each new table and function to
-- its own roles (default privileges). Row-level security does not stop them: they could name an owner, or empty a table.
create schema if not exists drizzle;
create table if not exists drizzle.schema_version (number integer not null, oldest integer not null, checksum text not null, catalog text not null, applied_at timestamptz not null);
do $$
declare
  statement text;
begin
  for statement in
    select distinct format('revoke all on %s %s from %s cascade', kind, object, coalesce(quote_ident(role_.rolname), 'public'))
    from (
      select 'table' as kind, format('%I.%I', space.nspname, table_.relname) as object, table_.relowner as owner, acl.grantee
      from pg_catalog.pg_class table_ join pg_catalog.pg_namespace space on space.oid = table_.relnamespace
      cross join lateral (
        select grantee from pg_catalog.aclexplode(table_.relacl)
        union select exploded.grantee from pg_catalog.pg_attribute column_ cross join pg_catalog.aclexplode(column_.attacl) exploded where column_.attrelid = table_.oid
      ) acl
      where table_.relkind in ('r', 'p') and (space.nspname = 'drizzle' or space.nspname = 'public' and table_.relname in ({{tables}}))
      union
      select 'function', function_.oid::regprocedure::text, function_.proowner, acl.grantee
      from pg_catalog.pg_proc function_ cross join lateral pg_catalog.aclexplode(coalesce(function_.proacl, acldefault('f', function_.proowner))) acl
      where function_.pronamespace = 'public'::regnamespace and (function_.proname in ({{functions}}) or exists (
        select from pg_catalog.pg_trigger trigger_ join pg_catalog.pg_class table_ on table_.oid = trigger_.tgrelid
        where trigger_.tgfoid = function_.oid and table_.relnamespace = 'public'::regnamespace and table_.relname in ({{tables}})))
    ) right_
    left join pg_catalog.pg_roles role_ on role_.oid = right_.grantee
    where right_.grantee <> right_.owner and coalesce(role_.rolname, 'public') not in ({{roles}})
  loop
    execute statement;
  end loop;
end $$;
grant usage on schema drizzle to public;
grant select on drizzle.schema_version to public;
