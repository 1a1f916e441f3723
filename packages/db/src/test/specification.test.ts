import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as declared from '@todo/contract';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { conditions, covers, kinds, names, otherRights, reaches, rights } from '../testing/catalog-words.ts';
import { createTestDatabase, inspect, type TestDatabase } from '../testing/database.ts';

const path = join(import.meta.dirname, '..', '..', '..', '..', 'specs', 'database', 'schema.md');
const document = readFileSync(path, 'utf8');

type Row = Record<string, string>;

const cells = (line: string) =>
  line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.replaceAll('`', '').trim());

/** The rows of the tables in the document, by heading. */
const sections = new Map<string, Row[]>(
  document.split(/^#+ /m).map((section): [string, Row[]] => {
    const [header = '', , ...lines] = section.split('\n').filter((line) => line.startsWith('|'));
    const names = cells(header);
    const heading = section.slice(0, section.indexOf('\n')).replaceAll('`', '');
    return [heading, lines.map((line) => Object.fromEntries(cells(line).map((cell, i) => [names[i] ?? `no column ${i}`, cell])))];
  }),
);
const under = (heading: string) => sections.get(heading) ?? [];

/** The document's term for a term of the catalog. An unknown term is returned unchanged, so it matches nothing in the document. */
const say = (words: Row) => (found: unknown) => words[String(found).replace(/\s+/g, ' ')] ?? String(found);

const ours = `t.relnamespace = 'public'::regnamespace and t.relkind in ('r', 'p')`;
/** The names of columns, with that of their table `of` if it is given. */
const columnNames = (keys: string, of?: 't' | 'f') =>
  `(select string_agg(${of ? `${of}.relname || '.' || ` : ''}attname, ', ' order by place) from unnest(${keys}) with ordinality k (num, place) join pg_attribute on attrelid = ${of ?? 't'}.oid and attnum = num)`;

/** The rules that a trigger keeps, as its function refuses a row that breaks them. */
const triggerRules = String.raw`select m[4] as conname, m[2] as relname, m[3] as fields, m[1] as text from pg_proc cross join lateral regexp_matches(prosrc,
  'if not \((.+?)\) then\s+raise exception [^;]*table = ''(\w+)'', column = ''(\w+)'', constraint = ''(\w+)''', 'g') m
  where pronamespace = 'public'::regnamespace`;

const splitRights = (role = '', table = '', all: readonly string[] = [], fields = '') =>
  all.map((right) => `${role}: ${right} ${table} (${fields.split(', ').sort()})`).join('\n');

/** For each heading: a query on the catalog, and how to write its rows and those of the document as text. */
const facts: Record<string, { query: string; found(row: Record<string, unknown>): string; documented(row: Row): string }> = {
  Relationships: {
    query: `select conname, ${columnNames('conkey', 't')} as source, ${columnNames('confkey', 'f')} as target,
      case confdeltype when 'c' then 'is removed with it' when 'a' then 'is refused' else confdeltype::text end as deletion
      from pg_constraint join pg_class t on t.oid = conrelid join pg_class f on f.oid = confrelid where ${ours} and contype = 'f'`,
    found: (row) => `${row.conname}: ${row.source} to ${row.target}, ${row.deletion}`,
    documented: (row) => `${row.Relationship}: ${row.From} to ${row.To}, ${row['When that is removed']}`,
  },
  'Rules on rows': {
    query: `select conname, t.relname, case contype when 'p' then 'primary key' when 'u' then 'unique' when 'c' then 'check' else contype::text end as kind,
      ${columnNames('conkey')} as fields from pg_constraint join pg_class t on t.oid = conrelid where ${ours} and contype not in ('f', 'n', 't')
      union all select conname, relname, 'trigger', fields from (${triggerRules}) rule`,
    found: (row) => `${row.conname} on ${row.relname}, ${row.kind} (${row.fields})`,
    documented: (row) => `${row.Rule} on ${row.Table}, ${row.Kind} (${row.Fields})`,
  },
  Indexes: {
    query: `select n.relname as name, t.relname, ${columnNames('i.indkey')} as fields, coalesce(pg_get_expr(indpred, indrelid), 'all') as rows, indisunique
      from pg_index i join pg_class t on t.oid = indrelid join pg_class n on n.oid = indexrelid
      where ${ours} and not exists (select from pg_constraint where conindid = indexrelid and contype <> 'f')`,
    found: (row) => `${row.name} on ${row.relname} (${row.fields}), ${say(conditions)(row.rows)}, ${row.indisunique}`,
    documented: (row) => `${row.Index} on ${row.Table} (${row.Fields}), ${row['Only rows']}, false`,
  },
  'Who may do what': {
    query: `select rolname, rolcanlogin, rolsuper or rolbypassrls as passes from pg_roles where rolname like 'todo\\_%' and rolname not in ('todo_owner', 'todo_app')`,
    found: (row) => `${row.rolname}, ${row.rolcanlogin ? 'yes' : 'no'}, ${row.passes ? 'yes' : 'no'}`,
    documented: (row) => `${row.Role}, ${row['Can log in']}, ${row['Passes over row security']}`,
  },
  'Rights on tables': {
    query: `select coalesce(rolname, 'everybody') as role, t.relname, string_agg(privilege_type, ', ' order by privilege_type) as privileges, 'all' as fields
        from pg_class t cross join aclexplode(relacl) a left join pg_roles r on r.oid = a.grantee where ${ours} and a.grantee <> relowner group by 1, 2
      union all select coalesce(rolname, 'everybody'), t.relname, privilege_type, string_agg(attname, ', ' order by attname)
        from pg_class t join pg_attribute on attrelid = t.oid cross join aclexplode(attacl) a left join pg_roles r on r.oid = a.grantee where ${ours} group by 1, 2, 3`,
    found: (row) => splitRights(String(row.role), String(row.relname), String(row.privileges).split(', ').map(say(rights)), String(row.fields)),
    documented: (row) => splitRights(row.Role, row.Table, row.Right?.split(', ') ?? [], row.Fields ?? ''),
  },
  'Rights on everything else': {
    query: otherRights,
    found: (row) => `${say(names)(row.role)}: ${say(rights)(row.right)} ${row.kind} ${say(names)(row.object)}`,
    documented: (row) =>
      (row.Object ?? '')
        .split(', ')
        .map((object) => `${row.Role}: ${row.Right} ${row.Kind} ${object}`)
        .join('\n'),
  },
  'Row security': {
    query: `select polname, t.relname, relforcerowsecurity, relrowsecurity, polcmd, polpermissive, pg_get_expr(polqual, polrelid) as reaches,
      pg_get_expr(case when polcmd in ('*', 'w') then coalesce(polwithcheck, polqual) else polwithcheck end, polrelid) as writes,
      case when polname is null then 'nobody' else coalesce((select string_agg(rolname, ', ' order by rolname) from pg_roles where oid = any (polroles)), 'everybody') end as roles
      from pg_class t left join pg_policy on polrelid = t.oid where ${ours}`,
    found: (row) =>
      `${row.polname ?? 'none'} on ${row.relname} (${row.relrowsecurity}, ${row.polpermissive ?? true}) for ${row.roles}, ${say(covers)(row.polcmd)}, ${row.relforcerowsecurity ? 'yes' : 'no'}: ${say(reaches)(row.reaches)} / ${say(reaches)(row.writes)}`,
    documented: (row) => `${row.Policy} on ${row.Table} (true, true) for ${row.For}, ${row.Covers}, ${row.Forced}: ${row.Reaches} / ${row['May write']}`,
  },
  Triggers: {
    query: `select tgname, t.relname, tgenabled, case when tgtype & 2 <> 0 then 'before' else 'after' end || ' ' || concat_ws(' or ', case when tgtype & 4 <> 0 then 'adding' end,
      case when tgtype & 16 <> 0 then 'changing' end, case when tgtype & 8 <> 0 then 'removing' end, case when tgtype & 32 <> 0 then 'emptying' end) as moment, case when tgtype & 1 <> 0 then 'row' else 'statement' end as level,
      case when prosecdef then proowner::regrole::text else 'the caller' end as rights, not exists (select from aclexplode(coalesce(proacl, acldefault('f', proowner))) where grantee <> proowner) as closed
      from pg_trigger join pg_class t on t.oid = tgrelid join pg_proc p on p.oid = tgfoid where ${ours} and not tgisinternal`,
    found: (row) => `${row.tgname} on ${row.relname} ${row.moment}, ${row.level}, ${row.rights}, ${row.tgenabled}, ${row.closed}`,
    documented: (row) => `${row.Trigger} on ${row.Table} ${row.When}, ${row['Once per']}, ${row['With the rights of']}, O, true`,
  },
};

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

const catalog = (query: string) => inspect(database.superuserUrl, query);
const lines = (texts: string[]) => texts.flatMap((text) => text.split('\n')).sort();

it.each(Object.entries(facts))('"%s" names everything the catalog holds, and nothing else', async (heading, { query, found, documented }) => {
  expect(lines(under(heading).map(documented))).toEqual(lines((await catalog(query)).map(found)));
});

it('describes every table and every field with its kind, whether it is required, and its default', async () => {
  const columns = await catalog(`select t.relname, attname, format_type(atttypid, atttypmod) as type, attnotnull, pg_get_expr(adbin, adrelid) as default
    from pg_class t join pg_attribute on attrelid = t.oid and attnum > 0 and not attisdropped left join pg_attrdef on adrelid = t.oid and adnum = attnum where ${ours}`);
  const defaults = say({ null: 'none', "''::text": 'empty text', "'\\x'::bytea": 'no bytes', "'{}'::text[]": 'empty list', "'{}'::integer[]": 'empty list' });
  const found = columns.map(
    (row) =>
      `${row.relname}.${row.attname}: ${say(kinds)(row.type)}, ${row.attnotnull ? 'yes' : 'no'}, ${defaults(row.default).replace(/^'(\w+)'::text$/, 'the choice $1')}`,
  );
  const documented = [...sections].flatMap(([table, rows]) =>
    rows.filter((row) => row.Field).map((row) => `${table}.${row.Field}: ${row.Kind}, ${row.Required}, ${row.Default}`),
  );
  expect(lines(documented)).toEqual(lines(found));
  expect(under('Kinds of value').map((row) => row.Kind)).toEqual(expect.arrayContaining(Object.values(kinds)));
});

/** Without the digits of regular expressions. */
const numbersIn = (text: unknown) =>
  [
    ...String(text)
      .replaceAll(/~ '[^']*'/g, '')
      .matchAll(/\d[\d,]*/g),
  ].map(([digits]) => Number(digits.replaceAll(',', '')));

it('states the numbers that the constraints enforce and the code knows', async () => {
  const checks = await catalog(
    `select conname, pg_get_constraintdef(oid) as text from pg_constraint where contype = 'c' and connamespace = 'public'::regnamespace
     union all select conname, text from (${triggerRules}) rule`,
  );
  for (const { conname, text } of checks) {
    const row = under('Rules on rows').find(({ Rule }) => Rule === conname);
    expect(new Set(numbersIn(row?.['What it says'])), `${conname}`).toEqual(new Set(numbersIn(text)));
  }
  const triggers = await catalog(`select tgname as conname, pg_get_triggerdef(oid) as text from pg_trigger where tgname = 'owners_30_bytes_quota'`);
  const rules = [...checks, ...triggers];
  const limits = under('Limits').map((row) => ({ value: numbersIn(row.Value), enforced: numbersIn(rules.find(({ conname }) => conname === row.Rule)?.text) }));
  for (const { value, enforced } of limits) expect(enforced).toEqual(expect.arrayContaining(value));
  expect(limits.flatMap(({ value }) => value)).toEqual([
    declared.NAME_MAX_CODE_POINTS,
    declared.EMAIL_MAX_CHARACTERS,
    declared.IMAGE_MAX_CHARACTERS,
    declared.ISSUER_MAX_CHARACTERS,
    declared.SUBJECT_MAX_CHARACTERS,
    declared.TITLE_MAX_CODE_POINTS,
    declared.DESCRIPTION_MAX_CODE_POINTS,
    declared.LABELS_MAX_PER_TASK,
    declared.LABEL_MAX_CODE_POINTS,
    declared.REMINDERS_MAX_PER_TASK,
    declared.REMINDER_MAX_MINUTES,
    declared.TIME_ZONE_MAX_CHARACTERS,
    declared.POSITION_MAX_BYTES,
    declared.POSITION_MAX_BYTES,
    declared.RECURRENCE_MAX_CHARACTERS,
    declared.LIST_NAME_MAX_CODE_POINTS,
    declared.TASKS_MAX_PER_OWNER,
    declared.LISTS_MAX_PER_OWNER,
    declared.TASKS_MAX_BYTES_PER_OWNER,
  ]);
});

it('leaves no cell empty: every field, rule and index has its purpose and every removal its reason', () => {
  for (const [heading, rows] of sections)
    for (const row of rows) for (const [column, cell] of Object.entries(row)) expect(cell, `${heading}, ${column}`).not.toBe('');
});

/** Matches lines of SQL or ORM code, and no prose. */
const code = [
  /^(```|~~~| {4}\S)/,
  /\b(create|alter|drop) +(table|index|policy|role|trigger|function)\b|\bselect\b.*\bfrom\b|\b(insert into|delete from|on delete|not null)\b|\bgrant .* (on|to)\b/i,
  /drizzle|pgTable|varchar|timestamptz|\w\(|=>|::|;`/i,
];

it('is a specification: it holds no code, no SQL and no words of an ORM', () => {
  expect(document.split('\n').filter((line) => code.some((pattern) => pattern.test(line)))).toEqual([]);
});
