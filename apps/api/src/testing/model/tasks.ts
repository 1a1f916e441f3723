import { type EventAction, entities, type Field } from '@todo/contract';

/** Tasks in the model. */

export const fields: [name: string, field: Field][] = Object.entries(entities.task.fields);
const names = fields.map(([name]) => name);
export const editableNames = fields.filter(([, { writtenBy }]) => writtenBy === 'edit').map(([name]) => name);

/** The value of each field. */
export type Content = Readonly<Record<string, string | null>>;

const blank: Content = Object.fromEntries(fields.map(([name, { default: fallback }]) => [name, fallback ?? null]));

/** The fields of a task in input or output. Missing and null values become the default. */
export const contentOf = (task: object): Content =>
  Object.fromEntries(
    names.map((name) => {
      const value: unknown = Object(task)[name];
      return [name, typeof value === 'string' ? value : (blank[name] ?? null)];
    }),
  );

/** The content after an edit, which keeps omitted fields. */
export const edited = (content: Content, input: object): Content =>
  contentOf({ ...content, ...Object.fromEntries(Object.entries(input).filter(([name]) => editableNames.includes(name))) });

export const differing = (a: Content, b: Content, among = names) => among.filter((name) => a[name] !== b[name]);

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
      return from === to ? [] : [[name, { from, to }]];
    }),
  );

/** The target content of a task; undefined to remove it. */
export type Wanted = [id: string, content: Content | undefined];
