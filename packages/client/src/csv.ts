import Papa from 'papaparse';
import { TodoError } from './error.ts';
import type { TaskFile } from './portable.ts';

/** A row that is to become a task; '' where it says nothing. */
export interface Draft {
  /** The number of its first line in the file, from 1. */
  line: number;
  id: string;
  title: string;
  description: string;
  completedAt: string;
}

interface Table extends Pick<TaskFile, 'problems' | 'ignored'> {
  drafts: Draft[];
}

/** A row by the names of its columns, in small letters. */
interface Row {
  line: number;
  cells: Map<string, string>;
}

interface Rows {
  /** As they stand in the file. */
  columns: string[];
  rows: Row[];
  problems: TaskFile['problems'];
}

const linesIn = (cells: string[]) => cells.reduce((lines, cell) => lines + (cell.match(/\r\n|\r|\n/g)?.length ?? 0), 1);
const isBlank = (cells: string[]) => cells.every((cell) => cell.trim() === '');
const lower = (name: string) => name.trim().toLowerCase();

/** The delimiter is the one that the first line has, whatever stands in the rows. */
function parse(text: string) {
  const [header = ''] = text.split(/[\r\n]/, 1);
  const delimiter = [',', ';', '\t'].find((mark) => header.includes(mark)) ?? ',';
  const { data, errors } = Papa.parse<string[]>(text, { delimiter });
  let line = 1;
  return data.map((cells, index) => {
    const start = line;
    line += linesIn(cells);
    return { line: start, cells, error: errors.find(({ row }) => row === index)?.message };
  });
}

function readRows(text: string): Rows {
  const [header, ...all] = parse(text);
  const columns = header?.cells.map((name) => name.trim()) ?? [];
  const problems: TaskFile['problems'] = [];
  const rows: Row[] = [];
  for (const { line, cells, error } of all.filter(({ cells }) => !isBlank(cells))) {
    if (error !== undefined) problems.push({ line, message: error });
    else if (!isBlank(cells.slice(columns.length))) problems.push({ line, message: 'There are more cells than columns.' });
    else rows.push({ line, cells: new Map(columns.map((name, i) => [lower(name), cells[i] ?? ''])) });
  }
  return { columns, rows, problems };
}

const ignoredOf = ({ columns, rows }: Rows, taken: string[]) =>
  columns.filter((name) => !taken.includes(lower(name)) && rows.some(({ cells }) => (cells.get(lower(name)) ?? '').trim() !== ''));

const OWN = ['id', 'title', 'description', 'completedat'];

function readOwn(table: Rows): Table {
  const drafts = table.rows.map(({ line, cells }) => {
    const [id = '', title = '', description = '', completedAt = ''] = OWN.map((name) => cells.get(name) ?? '');
    return { line, id: id.trim(), title, description, completedAt: completedAt.trim() };
  });
  return { drafts, problems: table.problems, ignored: ignoredOf(table, OWN) };
}

/** Rows of Todoist that are no tasks and say nothing of one. */
const APART = ['section', 'meta', ''];

/** Comments stand below their task; they become part of its description. */
function readTodoist(table: Rows): Table {
  const drafts: Draft[] = [];
  const problems = [...table.problems];
  for (const { line, cells } of table.rows) {
    const [type = '', title = '', description = ''] = ['type', 'content', 'description'].map((name) => cells.get(name) ?? '');
    const last = drafts.at(-1);
    if (type === 'task') drafts.push({ line, id: '', title, description, completedAt: '' });
    else if (type === 'note' && last) last.description = [last.description, title].filter(Boolean).join('\n\n');
    else if (type === 'note') problems.push({ line, message: 'This comment belongs to no task.' });
    else if (!APART.includes(type)) problems.push({ line, message: `TYPE cannot be ${JSON.stringify(type)}.` });
  }
  const hasSections = table.rows.some(({ cells }) => cells.get('type') === 'section');
  return { drafts, problems, ignored: [...(hasSections ? ['section'] : []), ...ignoredOf(table, ['type', 'content', 'description'])] };
}

/** Reads CSV with a header. Throws INVALID_INPUT when that names no tasks. */
export function readTable(text: string): Table {
  const table = readRows(text);
  const names = table.columns.map(lower);
  if (names.includes('type') && names.includes('content')) return readTodoist(table);
  if (names.includes('title')) return readOwn(table);
  throw new TodoError('INVALID_INPUT', 'The first line of a CSV file must name a column title, or TYPE and CONTENT as Todoist does.');
}
