import { type EventAction, entities, type Field, type FieldValue, isSameValue, requirementsOf } from '@todo/contract';

/** Tasks in the model. */

export const fields: [name: string, field: Field][] = Object.entries(entities.task.fields);
const names = fields.map(([name]) => name);
export const editableNames = fields.filter(([, { writtenBy }]) => writtenBy === 'edit').map(([name]) => name);

/** The value of each field. */
export type Content = Readonly<Record<string, FieldValue>>;

const blank: Content = Object.fromEntries(fields.map(([name, { default: fallback }]) => [name, fallback ?? null]));

/** The fields of a task in input or output. Missing and null values become the default. */
export const contentOf = (task: object): Content =>
  Object.fromEntries(
    names.map((name) => {
      const value: unknown = Object(task)[name];
      return [name, typeof value === 'string' || Array.isArray(value) ? value : (blank[name] ?? null)];
    }),
  );

const requirements = requirementsOf(entities.task.fields);
const isEmpty = (content: Content, name: string) => isSameValue(content[name], blank[name]);

/** Without the fields that lack the one they require. */
export function cleared(content: Content): Content {
  const rest: Record<string, FieldValue> = { ...content };
  for (const [name, required] of requirements) if (isEmpty(rest, required)) rest[name] = blank[name] ?? null;
  return rest;
}

/** Whether a task, or a patch, has a field without the one that it requires. */
export const lacksRequired = (values: object): boolean =>
  requirements.some(([name, required]) => Object(values)[required] === null && !isSameValue(Object(values)[name] ?? blank[name], blank[name]));

/** The content after an edit, which keeps omitted fields and clears those that lose the one they require. */
export function edited(content: Content, input: object): Content {
  const patch = Object.fromEntries(Object.entries(input).filter(([name]) => editableNames.includes(name)));
  const after: Record<string, FieldValue> = { ...contentOf({ ...content, ...patch }) };
  for (const [name, required] of requirements) if (!isEmpty(content, required) && isEmpty(after, required)) after[name] = blank[name] ?? null;
  return after;
}

export const differing = (a: Content, b: Content, among = names) => among.filter((name) => !isSameValue(a[name], b[name]));

/** A task between its creation and its removal. */
export interface Life {
  content: Content;
  version: number;
  /** The time of creation, known from the first response that contains it. */
  created: { at?: string };
}
export type State = ReadonlyMap<string, Life>;

/** What a call does to one task. */
export interface Change {
  id: string;
  before: Life | undefined;
  after: Life | undefined;
  action: EventAction;
  mutationId: string | undefined;
}

/** `changes` of its event in the history. */
export const changesOf = ({ before, after }: Change) =>
  Object.fromEntries(
    names.flatMap((name) => {
      const [from, to] = [before?.content[name] ?? null, after?.content[name] ?? null];
      return isSameValue((before?.content ?? blank)[name], (after?.content ?? blank)[name]) ? [] : [[name, { from, to }]];
    }),
  );

/** The target content of a task; undefined to remove it. */
export type Wanted = [id: string, content: Content | undefined];
