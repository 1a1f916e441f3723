/** What is said of a line of the file, from 1; in JSON, of the task with this number. Line 0 is the file as a whole. */
export interface LineMessage {
  line: number;
  message: string;
}

/** The fields of a task as a file gives them; `createTaskReader` validates them. An own export may have values of other types. */
export interface DraftValues {
  title?: unknown;
  description?: unknown;
  priority?: unknown;
  labels?: unknown;
  startDate?: unknown;
  dueDate?: unknown;
  dueTime?: unknown;
  timeZone?: unknown;
  recurrence?: unknown;
  repeatFrom?: unknown;
  reminders?: unknown;
  completedAt?: unknown;
  position?: unknown;
}

export interface Draft {
  line: number;
  /** The id itself, in our own files. */
  id?: unknown;
  /** The id of the task in its product, if another export of the product has the same. The id is derived from it. */
  source?: string | undefined;
  /** What the id is derived from otherwise. Equal ones are numbered. */
  content?: string | undefined;
  /** What `parent` of its subtasks names. */
  key?: string | undefined;
  parent?: string | undefined;
  /** The key of its list; undefined: the inbox. */
  list?: string | undefined;
  /** Its place among the tasks of the same parent; that in the file if it is not given. */
  order?: number | string | undefined;
  values: DraftValues & Record<string, unknown>;
  /** Content that no field has a place for. It becomes lines of the description, and a note says why. */
  kept: { name: string; text: string; why: string }[];
}

interface DraftList {
  key: string;
  /** The id itself, in our own files. */
  id?: unknown;
  /** What the id is derived from otherwise. */
  source: string;
  name: unknown;
  color?: unknown;
  archivedAt?: unknown;
  /** All of its fields, in an export of ours. */
  fields?: Record<string, unknown>;
}

/** The products and formats whose files can be read. */
export type TaskFileKind =
  | 'todo'
  | 'todo-csv'
  | 'csv'
  | 'todoist'
  | 'ticktick'
  | 'google-tasks'
  | 'microsoft-to-do'
  | 'vikunja'
  | 'super-productivity'
  | 'icalendar'
  | 'todo.txt'
  | 'taskwarrior';

/** What a reader makes of a file. */
export interface Source {
  kind: TaskFileKind;
  lists: DraftList[];
  drafts: Draft[];
  /** What cannot be imported. */
  problems: LineMessage[];
  /** What is imported in another form than it has in the file. */
  notes: LineMessage[];
  /** Columns or keys with content that is not imported. */
  ignored: string[];
}

/** Files of ours hold what the contract takes, so nothing in them becomes text. */
export const isOwn = ({ kind }: Source): boolean => kind === 'todo' || kind === 'todo-csv';

export const createSource = (kind: TaskFileKind): Source => ({ kind, lists: [], drafts: [], problems: [], notes: [], ignored: [] });

export interface ReadOptions {
  /** The name of the file: the name of the list in a CSV file of Todoist and in a calendar. It also tells equal rows of two files apart. */
  name?: string | undefined;
  /** The IANA zone in which times without a zone are meant and instants are shown; by default that of this device. */
  timeZone?: string | undefined;
  /** Whether a date such as 03/04/2026 in a CSV file is 3 April (true) or 4 March. A file with such dates is refused without it. */
  dayFirst?: boolean | undefined;
}

/** The options with their defaults, and what all readers share. */
export interface Context {
  name: string;
  zone: string;
  dayFirst: boolean | undefined;
  /** When a task was completed whose file does not say it. */
  now: string;
}

export const UNTITLED = '(no title)';

/** Keeps content that no field has a place for. Blank content is none. */
export function keep(draft: Draft, name: string, text: unknown, why: string): void {
  const content = String(text ?? '').trim();
  if (content !== '') draft.kept.push({ name, text: content, why });
}
