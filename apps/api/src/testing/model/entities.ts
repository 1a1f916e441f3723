import { type EntityName, type EventAction, entities, type Field, type FieldValue, isSameValue, requirementsOf } from '@todo/contract';

/** Lists and tasks in the model. */

/** The value of each field. */
export type Content = Readonly<Record<string, FieldValue>>;

function createKind(entity: EntityName) {
  const fields: [name: string, field: Field][] = Object.entries(entities[entity].fields);
  const editableNames = fields.filter(([, { writtenBy }]) => writtenBy === 'edit').map(([name]) => name);
  const creatableNames = fields.filter(([, { writtenBy }]) => writtenBy !== 'import').map(([name]) => name);
  const blank: Content = Object.fromEntries(fields.map(([name, { default: fallback }]) => [name, fallback ?? null]));
  const requirements = requirementsOf(entities[entity].fields);
  const isEmpty = (content: Content, name: string) => isSameValue(content[name], blank[name]);

  /** The fields in input or output. Missing and null values become the default. */
  const contentOf = (given: object): Content =>
    Object.fromEntries(
      fields.map(([name]) => {
        const value: unknown = Object(given)[name];
        return [name, typeof value === 'string' || Array.isArray(value) ? value : (blank[name] ?? null)];
      }),
    );

  /** Without the fields that lack the one they require. */
  function cleared(content: Content): Content {
    const rest: Record<string, FieldValue> = { ...content };
    for (const [name, required] of requirements) if (isEmpty(rest, required)) rest[name] = blank[name] ?? null;
    return rest;
  }

  /** Whether an entity, or a patch, has a field without the one that it requires. */
  const lacksRequired = (values: object): boolean =>
    requirements.some(([name, required]) => Object(values)[required] === null && !isSameValue(Object(values)[name] ?? blank[name], blank[name]));

  /** The content after an edit, which keeps omitted fields and clears those that lose the one they require. */
  function edited(content: Content, input: object): Content {
    const patch = Object.fromEntries(Object.entries(input).filter(([name]) => editableNames.includes(name)));
    const after: Record<string, FieldValue> = { ...contentOf({ ...content, ...patch }) };
    for (const [name, required] of requirements) if (!isEmpty(content, required) && isEmpty(after, required)) after[name] = blank[name] ?? null;
    return after;
  }

  return { fields, creatableNames, editableNames, blank, requirements, contentOf, cleared, lacksRequired, edited };
}

export const kinds = { list: createKind('list'), task: createKind('task') };

export const differing = (a: Content, b: Content, among = Object.keys(a)) => among.filter((name) => !isSameValue(a[name], b[name]));

/** An entity between its creation and its removal. */
export interface Life {
  entity: EntityName;
  content: Content;
  version: number;
  /** The time of creation, known from the first response that contains it. */
  created: { at?: string };
}
/** By id. A list and a task never have the same. */
export type State = ReadonlyMap<string, Life>;

/** What a call does to one entity. */
export interface Change {
  entity: EntityName;
  id: string;
  before: Life | undefined;
  after: Life | undefined;
  action: EventAction;
  mutationId: string | undefined;
}

/** `changes` of its event in the history. */
export const changesOf = ({ entity, before, after }: Change) => {
  const { fields, blank } = kinds[entity];
  return Object.fromEntries(
    fields.flatMap(([name]) => {
      const [from, to] = [before?.content[name] ?? null, after?.content[name] ?? null];
      return isSameValue((before?.content ?? blank)[name], (after?.content ?? blank)[name]) ? [] : [[name, { from, to }]];
    }),
  );
};

/** The target content of an entity; undefined to remove it. */
export interface Wanted {
  /** Unless it is that of the call. */
  action?: EventAction;
  entity: EntityName;
  id: string;
  content: Content | undefined;
}

/** How many entities a change restores, edits and removes. */
export function countsOf(wanted: Wanted[], state: State) {
  const count = (rule: (before: Content | undefined, after: Content | undefined) => boolean) =>
    wanted.filter(({ id, content }) => rule(state.get(id)?.content, content)).length;
  return {
    restored: count((before, after) => !before && after !== undefined),
    edited: count((before, after) => before !== undefined && after !== undefined && differing(before, after).length > 0),
    removed: count((before, after) => before !== undefined && !after),
  };
}
