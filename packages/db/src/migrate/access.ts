import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type EntityName,
  entities,
  entityNames,
  IDEMPOTENCY_KEY_MAX_AGE_DAYS,
  LOG_KEEP_DAYS,
  LOG_MAX_MB,
  POSITION_MAX_BYTES,
  TASK_MAX_LEVELS,
  TASKS_MAX_BYTES_PER_OWNER,
} from '@todo/contract';
import { type SQL, sql } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import { columnList, defaultOf, fieldsOf, loggedValue, rowAsFields, textBytes } from '../entities.ts';
import { PURGE_ROWS, TRIM_EVENTS } from '../housekeeping/limits.ts';
import { labelKey } from '../labels.ts';
import { EVENT_BYTES, eventSize } from '../log/size.ts';
import { rulesOf } from '../schema/rules.ts';
import { placeOf } from '../schema/tasks.ts';
import { folded } from '../search.ts';
import { declared, list } from './catalog.ts';

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

/** Clears the fields that require a field that is cleared. */
function clearingOf(name: EntityName): string {
  const fields = fieldsOf(name);
  const clear = (required: string) =>
    fields
      .flatMap(({ column, rule }) =>
        rule.requires === required
          ? [
              `
    new.${column} := ${defaultOf(rule)};`,
            ]
          : [],
      )
      .join('');
  return fields
    .filter(({ name }) => fields.some(({ rule }) => rule.requires === name))
    .map(
      ({ name, column }) => `
  if new.${column} is null and old.${column} is not null then${clear(name)}
  end if;`,
    )
    .join('');
}

/** Refuses a row that breaks a rule of the declaration. */
const refusalsOf = (name: EntityName): string =>
  rulesOf(entities[name].table, entities[name].fields)
    .map(
      ({ name: rule, column, condition }) => `
  if not (${condition}) then
    raise exception 'the row breaks the rule "${rule}"' using errcode = 'check_violation', table = '${entities[name].table}', column = '${column}', constraint = '${rule}';
  end if;`,
    )
    .join('');

/** The entries of a manual order among which an entity's position counts. */
const siblings: Record<EntityName, string> = {
  list: '',
  task: ` and ${placeOf('t')} = ${placeOf('new')}`,
};

/** An entity without a position gets the one after the last. If a key would be too long, the last ones are tied. */
function positionOf(name: EntityName): { variables: string; assignments: string } {
  const variables = `
  last_position text;`;
  const assignments = `
    if new.position is null then
      select t.position into last_position from public.${entities[name].table} t where t.user_id = new.user_id${siblings[name]}
      order by t.position collate "C" desc, t.id desc limit 1;
      new.position := public.position_between(last_position, null);
      if octet_length(new.position) > ${POSITION_MAX_BYTES} then
        new.position := last_position;
      end if;
    end if;`;
  return { variables, assignments };
}

function tokensOf(name: EntityName): Record<string, string> {
  const { table } = entities[name];
  const differences = fieldsOf(name).map(
    (field) => `    if new.${field.column} is distinct from old.${field.column} then
      changed := changed || jsonb_build_object('${field.column}', jsonb_build_array(${loggedValue('old', field)}, ${loggedValue('new', field)}));
    end if;`,
  );
  return {
    entity: name,
    table,
    columns: columnList(name),
    new: columnList(name, 'new'),
    old: columnList(name, 'old'),
    differences: differences.join('\n'),
    current_fields: rowAsFields(name, 'current'),
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
