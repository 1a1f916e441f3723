import { type EntityName, entities, type Field, type FieldValue, type WrittenBy } from '@todo/contract';

/** What a client needs to know of a declared field at run time. */
interface FieldTraits {
  writtenBy: WrittenBy;
  /** The value of an omitted or cleared field. */
  fallback: FieldValue;
  /** The field without which this one has its fallback. */
  requires?: string | undefined;
}

type Fields = Record<string, FieldTraits>;

const traitsOf = ({ writtenBy, default: fallback = null, requires }: Field): FieldTraits => ({
  writtenBy,
  fallback,
  ...(requires !== undefined && { requires }),
});
const traitsOfAll = (fields: Record<string, Field>): Fields => Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, traitsOf(field)]));

/** The declared fields of each entity. The build evaluates this module, so that a bundle does not contain the schemas of the contract. */
export const fields: Record<EntityName, Fields> = { list: traitsOfAll(entities.list.fields), task: traitsOfAll(entities.task.fields) };
