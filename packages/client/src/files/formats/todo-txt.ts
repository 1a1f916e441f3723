import { type Context, createSource, type Draft, keep, type Source } from '../drafts/draft.ts';
import { isDate } from '../parsing/date-time.ts';

const DATE = '\\d{4}-\\d\\d-\\d\\d';
const DONE = new RegExp(`^x (?:(${DATE}) (?:(${DATE}) )?)?`);
const PRIORITY = new RegExp(`^\\(([A-Z])\\) (?:${DATE} )?`);
const WORD = /(?<=^|\s)([+@]\S+|[a-z]+:[^\s/]\S*)(?=\s|$)/g;
const MARK = new RegExp(`^x ${DATE} |^\\([A-Z]\\) |^${DATE} |(?:^|\\s)(?:[+@][\\p{L}\\p{N}]\\S*|due:\\S+|t:${DATE}|rec:\\S+|pri:[A-Z])(?=\\s|$)`, 'mu');

/** Whether a line has a mark of todo.txt; any text could be a list of tasks. */
export const isTodoTxt = (text: string): boolean => !/^\s*</.test(text) && MARK.test(text);

const priorities: Record<string, string> = { A: 'high', B: 'medium', C: 'low' };
const units: Record<string, string> = { d: 'DAILY', w: 'WEEKLY', m: 'MONTHLY', y: 'YEARLY' };

/** rec:+1w repeats from the due date, rec:1w from the completion. */
function readRepeat(draft: Draft, text: string): void {
  const [, plus, count, unit = ''] = /^(\+?)(\d+)([dwmy])$/.exec(text) ?? [];
  const frequency = units[unit];
  if (frequency === undefined || Number(count) < 1) {
    keep(draft, 'rec', text, 'is not a number of days, weeks, months or years');
    return;
  }
  draft.values.recurrence = Number(count) === 1 ? `FREQ=${frequency}` : `FREQ=${frequency};INTERVAL=${Number(count)}`;
  draft.values.repeatFrom = plus === '+' ? 'due' : 'completion';
  if (draft.values.dueDate === undefined) delete draft.values.repeatFrom;
}

/** Words that say something about the task. Others, such as the address of a page, stay in the title. */
function readWords(draft: Draft, text: string): { title: string; projects: string[]; priority: string | undefined } {
  const { values } = draft;
  const [projects, labels]: [string[], string[]] = [[], []];
  let priority: string | undefined;
  let repeat: string | undefined;
  const title = text.replace(WORD, (word) => {
    const [, key = '', value = ''] = /^([a-z]+):(.+)$/.exec(word) ?? [];
    if (word.startsWith('+')) projects.push(word.slice(1));
    else if (word.startsWith('@')) labels.push(word.slice(1));
    else if (key === 'due' && isDate(value)) values.dueDate = value;
    else if (key === 't' && isDate(value)) values.startDate = value;
    else if (key === 'due' || key === 't') keep(draft, key, value, 'is not a date');
    else if (key === 'rec') repeat = value;
    else if (key === 'pri' && /^[A-Z]$/.test(value)) priority = value;
    else if (key === 'h' && value === '1') keep(draft, 'Hidden', 'yes', 'has no field');
    else return word;
    return '';
  });
  if (repeat !== undefined) readRepeat(draft, repeat);
  values.labels = labels;
  return { title: title.replace(/\s+/g, ' ').trim(), projects, priority };
}

function draftOf(text: string, line: number, context: Context, source: Source): Draft {
  const done = DONE.exec(text);
  const rest = done ? text.slice(done[0].length) : text;
  const letter = PRIORITY.exec(rest);
  const words = letter ? rest.slice(letter[0].length) : rest.replace(new RegExp(`^${DATE} `), '');
  const draft: Draft = { line, values: {}, kept: [], content: JSON.stringify(['todo.txt', words.replace(/\s*(?<=^|\s)pri:[A-Z](?=\s|$)/, '').trim()]) };
  const { title, projects, priority = letter?.[1] } = readWords(draft, words);
  const [list, ...others] = projects;
  draft.values.title = title || words.trim();
  if (priority !== undefined) {
    draft.values.priority = priorities[priority] ?? 'low';
    if (!(priority in priorities)) keep(draft, 'Priority', priority, 'is below low');
  }
  if (list !== undefined) {
    draft.list = list;
    if (!source.lists.some(({ key }) => key === list)) source.lists.push({ key: list, source: list, name: list });
  }
  if (others.length > 0) keep(draft, 'Projects', others.map((name) => `+${name}`).join(' '), 'are more than the one list that a task is in');
  if (!done) return draft;
  const [, day] = done;
  const isReal = day !== undefined && isDate(day);
  draft.values.completedAt = isReal ? `${day}T00:00:00.000Z` : context.now;
  if (!isReal) keep(draft, 'Completed', day, 'is not a date');
  if (!isReal) source.notes.push({ line, message: 'The file does not say when it was completed; it is completed as of the import.' });
  return draft;
}

/** Reads todo.txt: a task on each line. */
export function readTodoTxt(text: string, context: Context): Source {
  const source = createSource('todo.txt');
  for (const [index, raw] of text.split(/\r\n|\r|\n/).entries()) {
    const line = raw.normalize('NFC').trim();
    if (line !== '') source.drafts.push(draftOf(line, index + 1, context, source));
  }
  return source;
}
