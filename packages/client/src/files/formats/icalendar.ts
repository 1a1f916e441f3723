import ICAL from 'ical.js';
import { type Context, createSource, type Source } from '../drafts/draft.ts';
import { instantOf, readDateTime, timestampOf } from '../parsing/date-time.ts';
import { RULE, readTodo } from './vtodo.ts';

/** Calendars of ours keep ids. */
const OWN = '-//Todo//';

export const isICalendar = (text: string): boolean => /^\s*BEGIN:VCALENDAR\s*$/im.test(text.slice(0, 200));

interface Block {
  /** The line of its BEGIN. */
  line: number;
  /** All of its lines; those of a calendar without its components. */
  text: string;
}

interface Calendar extends Block {
  todos: Block[];
  /** Names of components that are no tasks. */
  others: string[];
}

/** Takes a file apart before it is parsed, so that a task that is damaged does not take the others with it. */
function split(text: string): { calendars: Calendar[]; open: number | undefined } {
  const calendars: Calendar[] = [];
  const stack: string[] = [];
  let calendar: Calendar = { line: 1, text: '', todos: [], others: [] };
  let todo: Block | undefined;
  for (const [index, line] of text.split(/\r\n|\r|\n/).entries()) {
    const [, edge = '', name = ''] = /^(BEGIN|END):(\S+)\s*$/i.exec(line) ?? [];
    const isBegin = edge.toUpperCase() === 'BEGIN';
    if (isBegin) {
      stack.push(name.toUpperCase());
      if (stack.length === 1) {
        calendar = { line: index + 1, text: '', todos: [], others: [] };
        calendars.push(calendar);
      } else if (stack.length === 2 && name.toUpperCase() === 'VTODO') todo = { line: index + 1, text: '' };
      else if (stack.length === 2 && name.toUpperCase() !== 'VTIMEZONE') calendar.others.push(name.toUpperCase());
    }
    if (todo) todo.text += `${line.replace(/^RRULE(?=[:;])/i, RULE.toUpperCase())}\n`;
    else if (stack.length === 1 && edge === '') calendar.text += `${line}\n`;
    if (edge === '' || isBegin) continue;
    if (todo && stack.length === 2) {
      calendar.todos.push(todo);
      todo = undefined;
    }
    stack.pop();
  }
  return { calendars, open: todo?.line };
}

const textIn = (head: ICAL.Component, name: string): string => String(head.getFirstPropertyValue(name) ?? '').trim();

/** Reads the properties of a calendar: each is a list. Returns the key of the list, undefined for the inbox. */
function readHead(head: ICAL.Component, isOwn: boolean, context: Context, source: Source): string | undefined {
  const name = textIn(head, 'x-wr-calname') || textIn(head, 'name') || (isOwn ? '' : context.name.replace(/\.\w+$/, ''));
  if (name === '') return undefined;
  const id = isOwn ? textIn(head, 'x-todo-list-id') || undefined : undefined;
  const key = id ?? name;
  const color = /^#[\da-f]{6}/i.exec(textIn(head, 'x-apple-calendar-color') || textIn(head, 'color'))?.[0];
  const archivedAt = readDateTime(textIn(head, 'x-todo-archived'));
  source.lists.push({ key, id, source: key, name, color, archivedAt: timestampOf(archivedAt && instantOf(archivedAt, 'UTC')) });
  return key;
}

/** What cannot be parsed is a problem of its line. */
function attempt<Result>(line: number, source: Source, parse: () => Result): Result | undefined {
  try {
    return parse();
  } catch (error) {
    source.problems.push({ line, message: `This cannot be read: ${error instanceof Error ? error.message : error}.` });
    return undefined;
  }
}

/** Reads calendars with tasks (VTODO), each as a list. */
export function readICalendar(text: string, context: Context): Source {
  const source = createSource('icalendar');
  const { calendars, open } = split(text);
  for (const { line, text: own, todos, others } of calendars) {
    const parsed = attempt(line, source, () => new ICAL.Component(ICAL.parse(`BEGIN:VCALENDAR\n${own}END:VCALENDAR`)));
    const head = parsed ?? new ICAL.Component('vcalendar');
    const isOwn = textIn(head, 'prodid').startsWith(OWN);
    const list = readHead(head, isOwn, context, source);
    for (const other of new Set(others))
      source.notes.push({ line: 0, message: `Components ${other} are not tasks: ${others.filter((each) => each === other).length} not imported.` });
    for (const block of todos) {
      const draft = attempt(block.line, source, () => readTodo(block.text, block.line, list, isOwn, context, source));
      if (draft) source.drafts.push(draft);
    }
  }
  if (open !== undefined) source.problems.push({ line: open, message: 'The file ends in the middle of this task.' });
  return source;
}
