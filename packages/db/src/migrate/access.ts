import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type EntityName,
  entities,
  entityNames,
  FAILED_SIGN_INS_MAX_PER_USER,
  IDEMPOTENCY_KEY_MAX_AGE_DAYS,
  LOG_KEEP_DAYS,
  LOG_MAX_MB,
  POSITION_MAX_BYTES,
  SECURITY_EVENTS_MAX_PER_USER,
  TASK_MAX_LEVELS,
  TASKS_MAX_BYTES_PER_OWNER,
} from '@todo/contract';
import { type SQL, sql } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import { columnList, defaultOf, type Field, fieldsOf, loggedValue, rowAsFields, rowInParts, textBytes } from '../entities.ts';
import { PURGE_ROWS, TRIM_EVENTS } from '../housekeeping/limits.ts';
import { labelKey } from '../labels.ts';
import { EVENT_BYTES, eventSize } from '../log/size.ts';
import { rulesOf } from '../schema/rules.ts';
import { placeOf } from '../schema/tasks.ts';
import { folded } from '../search.ts';
import { declared, list } from './catalog.ts';
import { positionOf } from './next-position.ts';

const folder = join(import.meta.dirname, '..', '..', 'sql');

/** How the counts in the owner's row change, from an entity's row before (`old`) and after (`new`) a change. */
const counts: Record<EntityName, { variables: string; assignments: string }> = {
  list: {
    variables: `
  more integer := (new.id is not null)::integer - (old.id is not null)::integer;`,
    assignments: ', lists = o.lists + more',
  },
  task: {
    variables: `
  more_completed integer := (new.completed_at is not null)::integer - (old.completed_at is not null)::integer;
  more_open integer := (new.id is not null)::integer - (old.id is not null)::integer - more_completed;
  more_bytes integer := ${textBytes('task', 'new')} - (${textBytes('task', 'old')});`,
    assignments: ', open = o.open + more_open, completed = o.completed + more_completed, task_bytes = o.task_bytes + more_bytes',
  },
};

const textOf = (text: SQL) => new PgDialect().sqlToQuery(text).sql;

function searchOf(name: EntityName): { variables: string; assignments: string } {
  const columns = fieldsOf(name).flatMap(({ column, rule }) => (rule.searched ? [column] : []));
  if (columns.length === 0) return { variables: '', assignments: '' };
  const of = (row: string) => columns.map((column) => `${row}.${column}`).join(', ');
  const variables = `
  searched text;`;
  const assignments = `
  if tg_op = 'INSERT' or (${of('new')}) is distinct from (${of('old')}) then
    searched := concat_ws(' ', ${of('new')});
    new.search := ${textOf(folded(sql.raw('searched')))};
  else
    new.search := old.search;
  end if;`;
  return { variables, assignments };
}

/** PL/pgSQL prepares each expression that it reaches anew in each transaction, so rare steps stand behind one condition. */
const rarely = (condition: string, steps: readonly string[]): string =>
  steps.length === 0 ? '' : `\n  if ${condition} then${steps.join('').replaceAll('\n', '\n  ')}\n  end if;`;

/** Clears the fields that require a field that is cleared. */
function clearingOf(name: EntityName): string {
  const fields = fieldsOf(name);
  const cleared = fields.flatMap(({ name, column }) => {
    const dependent = fields.filter(({ rule }) => rule.requires === name);
    const assignments = dependent.map(({ column, rule }) => `\n    new.${column} := ${defaultOf(rule)};`).join('');
    return assignments ? [{ condition: `new.${column} is null and old.${column} is not null`, assignments }] : [];
  });
  const steps = cleared.map(({ condition, assignments }) => `\n  if ${condition} then${assignments}\n  end if;`);
  return rarely(cleared.map(({ condition }) => condition).join(' or '), steps);
}

/** Refuses a row that breaks a rule of the declaration. */
function refusalsOf(name: EntityName): string {
  const { table, fields } = entities[name];
  const rules = rulesOf(table, fields);
  const refusals = rules.map(
    ({ name: rule, column, condition }) => `
  if not (${condition}) then
    raise exception 'the row breaks the rule "${rule}"' using errcode = 'check_violation', table = '${table}', column = '${column}', constraint = '${rule}';
  end if;`,
  );
  return rarely(`(${rules.map(({ condition }) => `(${condition})`).join(' and ')}) is false`, refusals);
}

/** Adds what has changed to the event. A change is mostly of one or two fields, so they are compared in groups first. */
function differencesOf(name: EntityName): string {
  const fields = fieldsOf(name);
  const groups = Array.from({ length: Math.ceil(fields.length / 4) }, (_, i) => fields.slice(4 * i, 4 * i + 4));
  const differs = (columns: string[]) =>
    `(${columns.map((column) => `new.${column}`).join(', ')}) is distinct from (${columns.map((column) => `old.${column}`).join(', ')})`;
  const add = (field: Field) => `
  if new.${field.column} is distinct from old.${field.column} then
    changed := changed || jsonb_build_object('${field.column}', jsonb_build_array(${loggedValue('old', field)}, ${loggedValue('new', field)}));
  end if;`;
  return groups
    .map((group) => rarely(differs(group.map(({ column }) => column)), group.map(add)))
    .join('')
    .replaceAll('\n', '\n  ');
}

function tokensOf(name: EntityName): Record<string, string> {
  const { table } = entities[name];
  const { usual, others, hasOthers } = rowInParts(name, 'current');
  return {
    entity: name,
    table,
    columns: columnList(name),
    new: columnList(name, 'new'),
    old: columnList(name, 'old'),
    differences: differencesOf(name),
    usual,
    others,
    has_others: hasOthers,
    position_variables: positionOf(name).variables,
    position: positionOf(name).assignments,
    search_variables: searchOf(name).variables,
    search: searchOf(name).assignments,
    clearing: clearingOf(name),
    refusals: refusalsOf(name),
    count_variables: counts[name].variables,
    counts: counts[name].assignments,
    event_bytes: String(EVENT_BYTES),
  };
}

const currentEntities = (name: EntityName) =>
  `select '${name}'::text, t.id, t.version, t.updated_at, ${rowAsFields(name, 't')} from public.${entities[name].table} t where t.user_id = owner`;

const common = () => ({
  entity_names: list(entityNames.map((name) => entities[name].table)),
  // A change of an entity locks the tables to which it refers after its own.
  entity_tables: entityNames
    .map((name) => `public.${entities[name].table}`)
    .reverse()
    .join(', '),
  function_owners: entityNames.map((name) => `alter function public.log_${name}() owner to todo_log;`).join('\n'),
  erase_entities: entityNames.map((name) => `  delete from public.${entities[name].table} t where t.user_id = old.user_id;`).join('\n'),
  current_entities: entityNames.map(currentEntities).join('\n  union all '),
  key_days: String(IDEMPOTENCY_KEY_MAX_AGE_DAYS),
  event_size: eventSize('e'),
  label_key: textOf(labelKey(sql.raw('label'))),
  log_days: String(LOG_KEEP_DAYS),
  log_mb: String(LOG_MAX_MB),
  trim_events: String(TRIM_EVENTS),
  purge_rows: String(PURGE_ROWS),
  task_bytes: String(TASKS_MAX_BYTES_PER_OWNER),
  security_events: String(SECURITY_EVENTS_MAX_PER_USER),
  failed_sign_ins: String(FAILED_SIGN_INS_MAX_PER_USER),
  position_bytes: String(POSITION_MAX_BYTES),
  place: placeOf('t'),
  task_levels: String(TASK_MAX_LEVELS),
  tables: list(declared.tables),
  functions: list(declared.functions),
  roles: list(declared.roles),
});

function fill(text: string, tokens: Record<string, string>): string {
  return text.replace(/\{\{(\w+)\}\}/g, (_, token: string) => {
    const value = tokens[token];
    if (value === undefined) throw new Error(`Unknown token {{${token}}} in packages/db/sql.`);
    return value;
  });
}

/** Roles, triggers, policies and grants, which drizzle-kit cannot manage. Can be applied repeatedly. */
export const accessSql = (): string =>
  readdirSync(folder)
    .sort()
    .map((file) => [file, readFileSync(join(folder, file), 'utf8')] as const)
    .flatMap(([file, text]) => (file.endsWith('-entity.sql') ? entityNames.map((name) => fill(text, tokensOf(name))) : fill(text, common())))
    .join('\n');
