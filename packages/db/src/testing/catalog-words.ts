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
export const rights: Words = { SELECT: 'read', INSERT: 'add', UPDATE: 'change', DELETE: 'remove' };
