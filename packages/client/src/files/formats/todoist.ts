import { isTimeZone } from '@todo/contract';
import { type Context, createSource, type Draft, keep, type Source } from '../drafts/draft.ts';
import { selectColumns, type Table } from '../parsing/csv.ts';
import { dueOf, readDateTime } from '../parsing/date-time.ts';

const COLUMNS = [
  'type',
  'content',
  'description',
  'priority',
  'indent',
  'date',
  'date_lang',
  'timezone',
  'duration',
  'duration_unit',
  'meta',
  'deadline',
  'deadline_lang',
  'is_collapsed',
] as const;
type Cell = (name: (typeof COLUMNS)[number]) => string;

const OF_NO_TASK = 'This comment belongs to no task.';
const OF_BAD_ROW = 'This comment belongs to a row that cannot be imported.';

/** 1 is the most urgent in a file; in Todoist's API it is 4. */
const priorities = new Map([
  ['1', 'high'],
  ['2', 'medium'],
  ['3', 'low'],
  ['4', 'none'],
  ['', 'none'],
]);

/** "Home [2203306141].csv" of a backup holds the project Home. */
const projectOf = (file: string): string =>
  (file.split(/[\\/]/).pop() ?? '')
    .replace(/\.csv$/i, '')
    .replace(/ \[\w+\]$/, '')
    .trim();

export const isTodoist = ({ columns }: Table): boolean => {
  const names = columns.map((name) => name.toLowerCase());
  return names.includes('type') && names.includes('content') && !names.includes('title');
};

/** Labels are words of the title that begin with @. */
function labelsOf(content: string): { title: string; labels: string[] } {
  const labels = [...content.matchAll(/(?<=^|\s)@([^\s,;:!?()]+)/g)].map(([, label = '']) => label);
  const title = content
    .replace(/(?<=^|\s)@[^\s,;:!?()]+/g, '')
    .replace(/[ \t]+(?=[ \t,;:!?])/g, '')
    .trim();
  return title === '' ? { title: content, labels: [] } : { title, labels };
}

/** The dates of a task. Free text, such as "every 3 months", stays text: what it means depends on its language and on when it was written. */
function readDates(draft: Draft, cell: Cell, context: Context): void {
  const given = cell('timezone').trim();
  const date = readDateTime(cell('date'));
  const zone = isTimeZone(given) ? given : context.zone;
  if (date) Object.assign(draft.values, dueOf(date, zone), date.time !== undefined && isTimeZone(given) ? { timeZone: given } : {});
  else keep(draft, 'Date', cell('date'), 'is not a date that can be read without a guess');
  keep(draft, 'Deadline', cell('deadline'), 'has no field');
  keep(draft, 'Duration', cell('duration') && `${cell('duration')} ${cell('duration_unit')}`, 'has no field');
}

function draftOf(line: number, cell: Cell, section: string, context: Context): Draft {
  const { title, labels } = labelsOf(cell('content'));
  const priority = priorities.get(cell('priority').trim());
  const values = { title, description: cell('description'), labels: section === '' ? labels : [...labels, section], priority };
  const draft: Draft = { line, key: String(line), list: projectOf(context.name) || undefined, values, kept: [] };
  if (priority === undefined) keep(draft, 'Priority', cell('priority'), 'is not a number from 1 to 4');
  readDates(draft, cell, context);
  return draft;
}

const joined = (...texts: unknown[]) => texts.filter(Boolean).join('\n\n');

/** Reads a project of Todoist. Comments follow their task and become part of its description; a section becomes a label of its tasks. */
export function readTodoist(table: Table, context: Context): Source {
  const source = createSource('todoist');
  const { drafts, problems, notes } = source;
  const { rows, ignored } = selectColumns(table, COLUMNS);
  source.ignored = ignored;
  const project = projectOf(context.name);
  if (project !== '') source.lists.push({ key: project, source: project, name: project });
  /** The texts that ids are derived from: without the dates of comments, as before. */
  const contents = new Map<Draft, string[]>();
  /** The task that the next comment belongs to, or why there is none. */
  let above: { task?: Draft; why: string } = { why: OF_NO_TASK };
  /** The key of the last row of each level, from 1. That of a row that cannot be imported is no task's. */
  let levels: string[] = [];
  let section = '';
  for (const { line, fault, cell } of rows) {
    const type = cell('type').trim().toLowerCase();
    const indent = Math.min(100, Math.max(1, Number.parseInt(cell('indent'), 10) || 1));
    const enter = (next: typeof above) => {
      above = next;
      levels = [...levels.slice(0, indent - 1), String(line)];
    };
    const refuse = (message: string) => {
      problems.push({ line, message });
      if (type !== 'note') enter({ why: OF_BAD_ROW });
    };
    if (type === 'note') {
      const { task, why } = above;
      if (fault !== undefined || !task) refuse(fault ?? why);
      else {
        const [title = '', before = ''] = contents.get(task) ?? [];
        contents.set(task, [title, joined(before, cell('content'), cell('description'))]);
        const date = cell('date').trim();
        task.values.description = joined(task.values.description, `${date === '' ? '' : `${date}: `}${cell('content')}`, cell('description'));
      }
    } else if (fault !== undefined) refuse(fault);
    else if (type === 'task') {
      const draft = draftOf(line, cell, section, context);
      draft.parent = levels[Math.min(indent - 1, levels.length) - 1];
      if (indent - 1 > levels.length) notes.push({ line, message: `It is indented to level ${indent}, but no task of level ${indent - 1} is above it.` });
      drafts.push(draft);
      contents.set(draft, [cell('content'), cell('description')]);
      enter({ task: draft, why: '' });
    } else if (type === 'section') {
      [above, levels, section] = [{ why: OF_NO_TASK }, [], cell('content').trim()];
      if (section !== '') notes.push({ line, message: `The section ${JSON.stringify(section)} becomes a label of its tasks.` });
    } else if (type === 'meta') above = { why: OF_NO_TASK };
    else if (type !== '' || cell('content') !== '' || cell('description') !== '')
      refuse(`TYPE must be task, note, section or meta, not ${JSON.stringify(type)}.`);
  }
  for (const [draft, texts] of contents) draft.content = JSON.stringify([context.name.normalize('NFC'), ...texts]);
  return source;
}
