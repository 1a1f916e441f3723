import { DESCRIPTION_MAX_CODE_POINTS, hasAtMost, type ImportTask, isStorable, isVisible, TITLE_MAX_CODE_POINTS } from '@todo/contract';
import { v5 as uuidv5 } from 'uuid';
import { type Draft, readTable } from './csv.ts';
import { TodoError } from './error.ts';
import { isExport, type TaskFile, toImportTask } from './portable.ts';

/** Under which the ids of rows are made: another one, and every file imported so far would be new. */
const NAMESPACE = '6f3c1f0e-54a5-4d0b-9c8e-0d1b7a2f6c11';
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;
const isoTime = /^[1-9]\d{3}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;

/** Why a row can be no task. */
function objection({ title, description, completedAt, id }: Draft): string | undefined {
  if (!isVisible(title)) return 'There is no title.';
  if (!hasAtMost(TITLE_MAX_CODE_POINTS)(title)) return `The title has more than ${TITLE_MAX_CODE_POINTS} characters.`;
  if (!hasAtMost(DESCRIPTION_MAX_CODE_POINTS)(description)) return `The description has more than ${DESCRIPTION_MAX_CODE_POINTS} characters.`;
  if (!isStorable(title + description)) return 'The text contains invalid characters (NUL or unpaired surrogates).';
  if (completedAt !== '' && !(isoTime.test(completedAt) && Number.isFinite(Date.parse(completedAt)))) return 'completedAt is no time in ISO-8601.';
  if (id !== '' && !uuid.test(id)) return 'The id is no UUID.';
  return undefined;
}

/** Gives each row an id that the same row has the next time, wherever it stands in the file; equal rows are told apart by how many came before. */
function withIds(drafts: Draft[], list: string): ImportTask[] {
  const seen = new Map<string, number>();
  return drafts.map(({ id, title, description, completedAt }) => {
    const content = JSON.stringify([list, title, description]);
    const before = seen.get(content) ?? 0;
    seen.set(content, before + 1);
    return {
      id: id.toLowerCase() || uuidv5(`${before} ${content}`, NAMESPACE),
      title,
      description,
      completedAt: completedAt === '' ? null : new Date(completedAt).toISOString(),
    };
  });
}

function readExport(text: string): TaskFile {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw new TodoError('INVALID_INPUT', 'This file was cut off, or is no JSON.', { cause });
  }
  if (!isExport(content)) throw new TodoError('INVALID_INPUT', 'This is no export of Todo that this version can read.');
  return { tasks: content.tasks.map(toImportTask), problems: [], ignored: [] };
}

/**
 * Reads a file for `importTasks`: what `exportAccount` gave, a CSV file of Todoist, or one with the columns title, description, completedAt and id, of which the
 * first is enough. The same row has the same id each time; `list` tells equal rows of two lists apart, such as the name of the file. Throws INVALID_INPUT
 * when it is nothing of these.
 */
export function readTaskFile(text: string, list = ''): TaskFile {
  const content = text.replace(/^\ufeff/, '');
  if (/^\s*[{[]/.test(content)) return readExport(content);
  const { drafts, problems, ignored } = readTable(content);
  const bad = drafts.flatMap((draft) => {
    const message = objection(draft);
    return message === undefined ? [] : [{ draft, problem: { line: draft.line, message } }];
  });
  const dropped = new Set(bad.map(({ draft }) => draft));
  return {
    tasks: withIds(
      drafts.filter((draft) => !dropped.has(draft)),
      list,
    ),
    problems: [...problems, ...bad.map(({ problem }) => problem)].sort((a, b) => a.line - b.line),
    ignored,
  };
}
