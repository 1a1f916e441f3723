import Papa, { type ParseError } from 'papaparse';
import { TodoError } from '../../transport/error.ts';

interface Row {
  /** Its first line in the file, from 1. */
  line: number;
  cells: string[];
  /** Why the row cannot be read. */
  fault: string | undefined;
}

export interface Table {
  /** Names as in the file. */
  columns: string[];
  rows: Row[];
}

const isBlank = (cells: string[]) => cells.every((cell) => cell.trim() === '');

/** A row with wrong quotes swallows the following lines, so the message names the lines. */
function faultOf({ code }: ParseError, line: number, cells: string[]): string {
  const isOpen = code === 'MissingQuotes';
  const content = isOpen ? cells.join('').trimEnd() : cells.join('');
  const last = line + content.split('\n').length - 1;
  const cause = isOpen ? 'A quoted cell is never closed' : 'A quoted cell has text after its closing quote';
  return `${cause}, so ${last === line ? `line ${line}` : `lines ${line} to ${last}`} cannot be read.`;
}

/** The mark that the first line with content has most often outside quotes. */
function delimiterOf(text: string): string {
  const [header = ''] = text
    .trimStart()
    .replace(/"(?:[^"]|"")*"/g, '')
    .split('\n', 1);
  const count = (mark: string) => header.split(mark).length;
  return [',', ';', '\t', '|'].reduce((best, mark) => (count(mark) > count(best) ? mark : best));
}

/** Line ends become LF and cells NFC, so the same tasks result however the file was saved. */
function parse(file: string, firstLine: number): Row[] {
  const text = file.replace(/\r\n?/g, '\n');
  const { data, errors } = Papa.parse<string[]>(text, { delimiter: delimiterOf(text), newline: '\n' });
  const errorOf = new Map(errors.map((error): [number | undefined, ParseError] => [error.row, error]));
  let line = firstLine;
  return data.map((raw, index) => {
    const start = line;
    line += raw.join('').split('\n').length;
    const error = errorOf.get(index);
    // Normalize after splitting: NFC turns a Greek question mark into a semicolon.
    return { line: start, cells: raw.map((cell) => cell.normalize('NFC')), fault: error && faultOf(error, start, raw) };
  });
}

/** Reads CSV, whose first row with content is the header. Throws INVALID_INPUT when the header cannot be read. */
export function readTable(file: string, firstLine = 1): Table {
  const [header, ...all] = parse(file, firstLine).filter(({ cells }) => !isBlank(cells));
  if (header?.fault !== undefined) throw new TodoError('INVALID_INPUT', `The header of this CSV file is not valid. ${header.fault}`);
  const columns = header?.cells.map((name) => name.trim()) ?? [];
  const rows = all.map((row) => (isBlank(row.cells.slice(columns.length)) ? row : { ...row, fault: row.fault ?? 'The row has more cells than the header.' }));
  return { columns, rows };
}

/** The cells of the named columns, and the other columns that are not empty. Throws INVALID_INPUT if two columns have one of the names. */
export function selectColumns<Name extends string>({ columns, rows }: Table, names: readonly Name[]) {
  const lower = columns.map((column) => column.toLowerCase());
  const isNamed = (i: number) => names.some((name) => name === lower[i]);
  const again = columns.find((_, i) => isNamed(i) && lower.indexOf(lower[i] ?? '') < i);
  if (again !== undefined) throw new TodoError('INVALID_INPUT', `This CSV file has more than one column named ${JSON.stringify(again)}.`);
  const isFilled = (i: number) => rows.some(({ cells, fault }) => fault === undefined && (cells[i] ?? '').trim() !== '');
  const ignored = columns.flatMap((column, i) => (isNamed(i) || !isFilled(i) ? [] : [column || `column ${i + 1}`]));
  const places = new Map(lower.map((name, i) => [name, i]));
  const cellOf = (cells: string[]) => (name: Name) => cells[places.get(name) ?? -1] ?? '';
  return { rows: rows.map(({ line, fault, cells }) => ({ line, fault, cell: cellOf(cells) })), ignored: [...new Set(ignored)] };
}

/** The items of a cell that is a row of CSV itself, such as `home,"a, b"`. */
export const itemsOf = (cell: string): string[] => (cell === '' ? [] : (Papa.parse<string[]>(cell, { delimiter: ',' }).data[0] ?? []));

/** The words of a cell of another product, such as `home, garden`. */
export const wordsOf = (cell: string): string[] =>
  cell
    .split(/[,;|]/)
    .map((word) => word.trim())
    .filter(Boolean);
