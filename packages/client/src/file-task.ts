import { DESCRIPTION_MAX_CODE_POINTS, hasAtMost, type ImportTask, isStorable, isVisible, TITLE_MAX_CODE_POINTS } from '@todo/contract';
import { toTimestamp } from './timestamp.ts';

const UUID =
  /^([0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}|00000000-0000-0000-0000-000000000000|ffffffff-ffff-ffff-ffff-ffffffffffff)$/i;

/** What is wrong with a field, such as 'must not be blank'; the field '' is the task as a whole. */
export interface Fault {
  field: keyof ImportTask | '';
  message: string;
}

type Refuse = (field: Fault['field'], message: string) => void;

/** The fields of an object, none of anything else. */
export const fieldsOf = (value: unknown): Map<string, unknown> => new Map(typeof value === 'object' && value !== null ? Object.entries(value) : []);

function readText(field: 'title' | 'description', text: unknown, maxCodePoints: number, refuse: Refuse): string {
  if (typeof text !== 'string') {
    refuse(field, 'must be text');
    return '';
  }
  if (field === 'title' && !isVisible(text)) refuse(field, 'must not be blank');
  if (!hasAtMost(maxCodePoints)(text)) refuse(field, `must have at most ${maxCodePoints} characters`);
  if (!isStorable(text)) refuse(field, 'contains invalid characters (NUL or unpaired surrogates)');
  return text.normalize('NFC');
}

function readId(id: unknown, refuse: Refuse): string {
  const text = typeof id === 'string' ? id : '';
  if (!UUID.test(text)) refuse('id', 'must be a UUID');
  return text.toLowerCase();
}

function readCompletedAt(time: unknown, refuse: Refuse): string | null {
  if (time === null) return null;
  const timestamp = typeof time === 'string' ? toTimestamp(time) : undefined;
  if (timestamp === undefined) refuse('completedAt', 'must be a real date, such as 2026-01-31, or a time with its offset, such as 2026-01-31T12:00:00Z');
  return timestamp ?? null;
}

function readFileTask(value: unknown, refuse: Refuse): ImportTask {
  const fields = fieldsOf(value);
  return {
    id: readId(fields.get('id'), refuse),
    title: readText('title', fields.get('title') ?? '', TITLE_MAX_CODE_POINTS, refuse),
    description: readText('description', fields.get('description') ?? '', DESCRIPTION_MAX_CODE_POINTS, refuse),
    completedAt: readCompletedAt(fields.get('completedAt') ?? null, refuse),
  };
}

/** Gives a function that reads the tasks of one import: as the server keeps them, or what is wrong. An id may occur once. */
export function createTaskReader(): (value: unknown) => ImportTask | Fault[] {
  const ids = new Set<string>();
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [{ field: '', message: 'must be an object' }];
    const faults: Fault[] = [];
    const task = readFileTask(value, (field, message) => faults.push({ field, message }));
    if (ids.has(task.id)) faults.push({ field: 'id', message: 'must not repeat an earlier one' });
    if (faults.length > 0) return faults;
    ids.add(task.id);
    return task;
  };
}
