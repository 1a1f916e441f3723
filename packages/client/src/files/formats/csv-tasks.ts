import { type Context, createSource, type Draft, keep, type Source } from '../drafts/draft.ts';
import { selectColumns, type Table, wordsOf } from '../parsing/csv.ts';
import { type DateTime, dayOf, dueOf, instantOf, timestampOf } from '../parsing/date-time.ts';
import { type ColumnField, columnNames, doneWords, plain, priorityWords } from './csv-columns.ts';
import { assertUnambiguous, readTableDate } from './csv-dates.ts';

const DATES = ['startDate', 'dueDate', 'done', 'completedAt'] as const;
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** The column of each field that the file has. */
function columnsOf({ columns }: Table): Map<ColumnField, string> {
  const names = new Map(columns.map((column): [string, string] => [plain(column), column.toLowerCase()]).reverse());
  const found = new Map<ColumnField, string>();
  for (const [field, known] of Object.entries(columnNames)) {
    const name = known.split(' ').find((each) => names.has(each) && ![...found.values()].includes(names.get(each) ?? ''));
    const column = name === undefined ? undefined : names.get(name);
    if (column !== undefined && isField(field)) found.set(field, column);
  }
  return found;
}

const isField = (name: string): name is ColumnField => name in columnNames;

export const isTable = (table: Table): boolean => columnsOf(table).has('title');

type Cell = (field: ColumnField) => string;

function readDates(draft: Draft, cell: Cell, context: Context): void {
  const { values } = draft;
  const read = (field: (typeof DATES)[number], name: string): DateTime | undefined => {
    const at = readTableDate(cell(field), context.dayFirst);
    if (!at) keep(draft, name, cell(field), 'is not a date');
    return at;
  };
  const [start, due] = [read('startDate', 'Start'), read('dueDate', 'Due')];
  if (start) values.startDate = dayOf(start, context.zone);
  if (due) Object.assign(values, dueOf(due, context.zone));
  const [, hour = '', minute = '', half = ''] = /^(\d{1,2}):(\d\d)(?::\d\d)?\s*([ap]m)?$/i.exec(cell('dueTime').trim()) ?? [];
  const hours = half === '' ? Number(hour) : (Number(hour) % 12) + (half.toLowerCase() === 'pm' ? 12 : 0);
  if (hour !== '' && due && values.dueTime === undefined) values.dueTime = `${String(hours).padStart(2, '0')}:${minute}`;
  else keep(draft, 'Time', cell('dueTime'), due ? 'is not a time of day' : 'needs a due date');
  const zone = cell('timeZone').trim();
  if (zone !== '' && values.dueTime !== undefined && values.timeZone === undefined) values.timeZone = zone;
  else keep(draft, 'Time zone', zone, 'needs a time without an offset');
  const reminders = wordsOf(cell('reminders'));
  if (reminders.every((each) => /^\d+$/.test(each))) values.reminders = reminders.map(Number);
  else keep(draft, 'Reminders', cell('reminders'), 'are not minutes before it is due');
}

function readCompletion(draft: Draft, cell: Cell, context: Context, source: Source): void {
  const given = cell('completedAt').trim();
  if (given !== '') {
    const at = readTableDate(given, context.dayFirst);
    // A date alone has no zone and stays the same day in UTC.
    draft.values.completedAt = timestampOf(at && instantOf(at, at.time === undefined ? 'UTC' : context.zone)) ?? given;
    return;
  }
  const status = cell('done').trim();
  const at = readTableDate(status, context.dayFirst);
  const isDone = at ? true : doneWords[plain(status)];
  if (isDone === undefined) keep(draft, 'Status', status, 'does not say whether it is done');
  if (isDone !== true) return;
  draft.values.completedAt = timestampOf(at && instantOf(at, at.time === undefined ? 'UTC' : context.zone)) ?? context.now;
  if (!at) source.notes.push({ line: draft.line, message: 'The file does not say when it was completed; it is completed as of the import.' });
}

function readList(draft: Draft, cell: Cell, source: Source): void {
  const [id, name] = [cell('listId').trim().toLowerCase(), cell('list').trim()];
  draft.list = id || name || undefined;
  if (name !== '' && !source.lists.some(({ key }) => key === draft.list)) source.lists.push({ key: id || name, id: id || undefined, source: name, name });
}

function draftOf(line: number, cell: Cell, content: string, hasIds: boolean): Draft {
  const id = cell('id').trim();
  const values = {
    title: cell('title'),
    description: cell('description'),
    labels: wordsOf(cell('labels')),
    recurrence:
      cell('recurrence')
        .trim()
        .replace(/^RRULE:/i, '') || undefined,
    repeatFrom: cell('repeatFrom').trim() || undefined,
    position: cell('position').trim() || undefined,
    priority: priorityWords[plain(cell('priority'))],
  };
  const draft: Draft = { line, key: id.toLowerCase() || undefined, id: (hasIds && id) || undefined, content, values, kept: [] };
  draft.parent = cell('parentId').trim().toLowerCase() || undefined;
  if (values.priority === undefined) keep(draft, 'Priority', cell('priority'), 'is not one of none, low, medium and high');
  return draft;
}

/** Reads a table with a column for the title. Its other columns have names in one of several languages. */
export function readCsvTasks(table: Table, context: Context): Source {
  const source = createSource('csv');
  const columns = columnsOf(table);
  const { rows, ignored } = selectColumns(table, [...columns.values()]);
  source.ignored = ignored;
  const cellsOf = (cell: (name: string) => string) => (field: ColumnField) => cell(columns.get(field) ?? '');
  const valid = rows.filter(({ fault }) => fault === undefined).map(({ line, cell }) => ({ line, cell: cellsOf(cell) }));
  for (const { line, fault } of rows) if (fault !== undefined) source.problems.push({ line, message: fault });
  assertUnambiguous(
    valid.flatMap(({ line, cell }) => DATES.map((field) => ({ line, text: cell(field) }))),
    context.dayFirst,
  );
  const ids = valid.map(({ cell }) => cell('id').trim()).filter(Boolean);
  const hasIds = ids.length === 0 || ids.some((id) => UUID.test(id));
  // Ids of files that were imported before depend on a column named title and one named description alone.
  const describes = columns.get('title') !== 'title' || columns.get('description') === 'description';
  for (const { line, cell } of valid) {
    const content = JSON.stringify([context.name.normalize('NFC'), cell('title'), describes ? cell('description') : '']);
    const draft = draftOf(line, cell, content, hasIds);
    readDates(draft, cell, context);
    readCompletion(draft, cell, context, source);
    readList(draft, cell, source);
    source.drafts.push(draft);
  }
  return source;
}
