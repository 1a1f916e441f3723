import { type EventAction, entities, type Field } from '@todo/contract';

/** What the model knows of tasks. */

export const fields: [name: string, field: Field][] = Object.entries(entities.task.fields);
const names = fields.map(([name]) => name);
export const editableNames = fields.filter(([, { writtenBy }]) => writtenBy === 'edit').map(([name]) => name);

/** The value of each field. */
export type Content = Readonly<Record<string, string | null>>;

const blank: Content = Object.fromEntries(fields.map(([name, { default: fallback }]) => [name, fallback ?? null]));

/** The fields of a task as it is given or answered; what is not there, or null, is what it is where nothing was given. */
export const contentOf = (task: object): Content =>
  Object.fromEntries(
    names.map((name) => {
      const value: unknown = Object(task)[name];
      return [name, typeof value === 'string' ? value : (blank[name] ?? null)];
    }),
  );

/** What an edit makes of it: a field that it does not name stays. */
export const edited = (content: Content, input: object): Content =>
  contentOf({ ...content, ...Object.fromEntries(Object.entries(input).filter(([name]) => editableNames.includes(name))) });

export const differing = (a: Content, b: Content, among = names) => among.filter((name) => a[name] !== b[name]);

/** A task between its creation and its removal. */
export interface Life {
  content: Content;
  version: number;
  /** When it was created: known as soon as an answer has said so, and the same ever after. */
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

/** What history says of it. */
export const changesOf = ({ before, after }: Change) =>
  Object.fromEntries(
    names.flatMap((name) => {
      const [from, to] = [before?.content[name] ?? null, after?.content[name] ?? null];
      return from === to ? [] : [[name, { from, to }]];
    }),
  );

/** How a task shall be; undefined for not there. */
export type Wanted = [id: string, content: Content | undefined];
